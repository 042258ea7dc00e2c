"""Errors about periods and their partitions, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, Conflict, Misconfigured, NotThere, Outage


class PeriodUnknown(NotThere):
    """The period is not known to be final, or nothing is stored of it."""

    code = "period-unknown"
    what_to_do = "`aurora periods list CHAIN --discover` shows which are; `aurora backfill` fetches and computes."


class PeriodNotFinal(Conflict):
    """The epoch has not ended, or not for long enough to be final."""

    code = "period-not-final"
    what_to_do = "Wait for its end; the sensor finalized_periods starts it by itself."


class PeriodBeforeFirst(AuroraError):
    """The epoch lies before the first one that is computed."""

    code = "period-before-first"
    what_to_do = "Lower first_period in chains.yaml."


class PeriodChanged(Conflict):
    """A provider says otherwise about a finalized period than what was recorded."""

    code = "period-changed"
    what_to_do = "Check which chain the provider in providers.yaml serves."


class PeriodsOverlap(Misconfigured):
    """A period has slots in common with a recorded one, or leaves some out: they would count twice, or never."""

    code = "periods-overlap"
    what_to_do = "Set first_period in chains.yaml as the message says."


class TooManyPeriods(AuroraError):
    """More epochs were asked for than one command does."""

    code = "too-many-epochs"
    what_to_do = "Give fewer at a time, as the message says."


class PartitionUnknown(NotThere):
    """Dagster has no such partition, or one that is no known period; nothing was run."""

    code = "partition-unknown"
    what_to_do = "Take a key that `aurora periods list CHAIN` shows."


class PartitionInUse(Conflict):
    """The partition is that of a finalized period and stays."""

    code = "partition-in-use"
    what_to_do = "Leave it."


class NodeMissing(Misconfigured):
    """Nobody is configured who knows the chain's epochs."""

    code = "chain-without-node"
    what_to_do = "Enable a node in its roles, or name a provider of files under periods."


class NodesAway(Outage):
    """No node of the chain answered."""

    code = "nodes-away"
    what_to_do = "Try again later; `aurora providers check` says how they are."


class NodesTellNothing(AuroraError):
    """Nodes of the chain answered and do not know what was asked."""

    code = "nodes-tell-nothing"
    what_to_do = "Name a node with full history, or raise first_period; `aurora providers check` says how they are."
