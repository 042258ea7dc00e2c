"""Errors about the demo and its simulated chain, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, NotThere, Outage


class DemoMissing(NotThere):
    """There is no demo to work on."""

    code = "demo-missing"
    what_to_do = "Make one: `make demo`, or `aurora demo`."


class DemoGone(Conflict):
    """What was computed of a demo chain is there, the chain's own state is not."""

    code = "demo-chain-gone"
    what_to_do = "Delete the folder that the message names and begin anew."


class DemoDiffers(CheckFailed):
    """Figures of the demo differ from what was simulated."""

    code = "demo-differs"
    what_to_do = "Report it: this is a defect."


class SimulatorBusy(Conflict):
    """Another process serves the simulated chain."""

    code = "simulator-busy"
    what_to_do = "Use that one, or stop it first."


class SimulatorStateUnusable(Conflict):
    """The stored state of the simulated chain is unreadable, or of another chain."""

    code = "simulator-state-unusable"
    what_to_do = "Leave out the options that differ, or begin anew."


class SimulatorMisused(AuroraError):
    """The chain simulator was asked for something it cannot do."""

    code = "simulator-misused"
    what_to_do = "Follow the message, which names the bounds."


class SimulatorFailed(AuroraError):
    """The chain simulator did not start, or refused what it was asked."""

    code = "simulator-failed"
    what_to_do = "Follow the message; delete the demo's folder to begin anew."


class SimulatorAway(Outage):
    """The chain simulator does not answer."""

    code = "simulator-away"
    what_to_do = "Repeat the command: it starts a new one."
