"""Errors about runs and snapshots, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import CheckFailed, Conflict, Misconfigured, NotThere, Outage


class RunsFailed(CheckFailed):
    """Some layers were not published."""

    code = "runs-failed"
    what_to_do = "Correct the cause that each failure names, and repeat."


class RunsMayPass(Outage):
    """Some layers were not published, for causes that may pass by themselves."""

    code = "runs-may-pass"
    what_to_do = "Repeat the command later."


class FilesRefused(CheckFailed):
    """Files of the operator's could not be read; figures that rest on what they said before stay."""

    code = "files-refused"
    what_to_do = "Put them back or correct them, or their columns in providers.yaml, and repeat."


class SnapshotUnknown(NotThere):
    """No snapshot has the number that was given."""

    code = "snapshot-unknown"
    what_to_do = "`aurora snapshots list` names them."


class SnapshotNotReleased(Conflict):
    """A snapshot was not rejected, or breaks a rule that nobody may release. Nothing was written."""

    code = "snapshot-not-released"
    what_to_do = "Look the rule up in docs/gates.md: what to do when it fires, and whether it may be released."


class AcknowledgementRefused(Conflict):
    """A warning is acknowledged already, or not for such a time, or not by this person. Nothing was written."""

    code = "acknowledgement-refused"
    what_to_do = "Give a day to come within a year; what is acknowledged already ends by itself."


class NotReady(Outage):
    """The instance is not ready: its files, its database or its schema are not there."""

    code = "not-ready"
    what_to_do = "Do what the message says, or wait; the probe asks again."


class DaemonSilent(CheckFailed):
    """Dagster's daemon gives no sign of life: nothing is discovered and no run begins."""

    code = "daemon-silent"
    what_to_do = "Start the daemon again; its log says why it ended."


class MetricsPortTaken(Misconfigured):
    """Metrics cannot be served where they should be."""

    code = "metrics-port-taken"
    what_to_do = "Choose another port or address, or stop what uses it."
