"""What is next of a chain: which runs are to be started, in which order, and why. Nothing is started here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.late import LatePlan, load_pending, plan_late
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.stale_entries import stale_entries
from aurora_pipeline.work.stale_events import stale_stake_events
from aurora_pipeline.work.stale_evidence import stale_evidence
from aurora_pipeline.work.stale_lines import present_periods, stale_periods

_EVENTS = "stake events rest on an epoch before that changed"
_EVIDENCE = "it rests on answers about the epoch before that do not count now"


@dataclass(frozen=True)
class DueRun:
    """One run that is to be started."""

    job: Job
    chain_id: str
    epoch: EpochNumber
    period: str
    why: str
    after: tuple[int, ...]
    """Epochs that have to be computed before it; none: it can be started at once."""
    request: str
    """Names the case: however often it is looked at, one run is started for it."""

    @property
    def key(self) -> PeriodKey:
        """The period."""
        return PeriodKey(self.chain_id, self.epoch)

    @property
    def is_ready(self) -> bool:
        """Whether it can be started at once."""
        return not self.after


def what_is_next(connection: Connection, chain: Chain, now: datetime) -> list[DueRun]:
    """Everything, in the order in which to do it: what was late first, for the rest rests on it."""
    late = late_figures(plan_late(load_pending(connection, chain.chain_id), now))
    return [
        *late,
        *outdated_entries(connection, chain),
        *outdated_evidence(connection, chain),
        *outdated_events(connection, chain),
        *outdated_lines(connection, chain),
    ]


def late_figures(plan: LatePlan) -> list[DueRun]:
    """Periods of which something was pending and is to be asked for again now."""
    return [
        _due(Job.PERIOD, one.key, f"attempt {one.number}: {', '.join(one.data_types)}", one.run_key)
        for one in plan.attempts
    ]


def outdated_entries(connection: Connection, chain: Chain) -> list[DueRun]:
    """Periods whose layers rest on what the operator entered as it no longer counts."""
    return [
        _due(Job.RECOMPUTE, one.key, one.why, f"entries:{one.key}:{one.digest}")
        for one in stale_entries(connection, chain)
    ]


def outdated_evidence(
    connection: Connection, chain: Chain, epochs: Collection[EpochNumber] | None = None
) -> list[DueRun]:
    """Periods, all or some, whose layers rest on other answers about the period before than those that count now."""
    return [
        _due(Job.RECOMPUTE, one.key, _EVIDENCE, f"evidence:{one.key}:{one.digest}")
        for one in stale_evidence(connection, chain, epochs)
    ]


def outdated_events(connection: Connection, chain: Chain) -> list[DueRun]:
    """Periods whose stake events rest on positions or rewards that no longer count."""
    return [
        _due(Job.STAKE_EVENTS, one.key, _EVENTS, f"events:{one.key}:{one.digest}")
        for one in stale_stake_events(connection, chain)
    ]


def outdated_lines(connection: Connection, chain: Chain) -> list[DueRun]:
    """Periods whose lines rest on what no longer counts, and those that read one of these."""
    return [
        _due(Job.COMMISSIONS, one.key, one.why, f"stale:{one.key}:{one.digest}", one.after)
        for one in stale_periods(present_periods(connection, chain))
    ]


def _due(job: Job, key: PeriodKey, why: str, request: str, after: Sequence[int] = ()) -> DueRun:
    return DueRun(job, key.chain_id, key.epoch, str(key), why, tuple(after), request)
