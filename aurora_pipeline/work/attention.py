"""What of an instance's state needs a person: what no sensor and no waiting will put right. A pure judgement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.health import PartitionRun, Ticking
from aurora_pipeline.work.late import Pending, next_attempt
from aurora_pipeline.work.late import in_words as late_in_words
from aurora_pipeline.work.log_signing import LogSigning
from aurora_pipeline.work.status import ChainStatus, PeriodStatus

_GRACE: Final = timedelta(hours=6)
"""So long a period may take from being found final to being published."""
_BEHIND_MAX: Final = 1
"""The newest final period may still be under way."""
_SILENT_SHARE: Final = 3
"""A chain not seen for this part of a period lacks two of its samples, which cannot be fetched later."""
_TICK_MAX: Final = timedelta(hours=1)
_RUN_MAX: Final = timedelta(hours=6)
"""A run that does not end for so long, or is not begun, does not work any more."""
_UNSIGNED_MAX: Final = timedelta(hours=2)
"""A checkpoint is signed within a minute of being due, where the service runs and has the key."""
_BACKUP_MAX: Final = timedelta(days=3)
_SHOWN: Final = 5


@dataclass(frozen=True)
class ChainState:
    """All that is judged of a chain."""

    status: ChainStatus
    periods: Sequence[PeriodStatus]
    pending: Sequence[Pending]
    runs: Sequence[PartitionRun] = ()
    """Of each of its partitions the newest run."""


def of_chain(state: ChainState, now: datetime, clock_runs: bool = True) -> list[Concern]:
    """What of a chain needs a person, each with what to do; `clock_runs` is false where time is simulated."""
    found = [*_of_periods(state, now), *_of_late(state, now), *_of_runs(state.runs, now)]
    if clock_runs:
        found += _of_time(state.status, now)
    return [replace(one, chain_id=state.status.chain_id) for one in found]


def _of_periods(state: ChainState, now: datetime) -> Iterator[Concern]:
    chain_id = state.status.chain_id
    stale = [period.epoch for period in state.periods if period.stale is not None]
    if stale:
        yield Concern(
            f"{chain_id}:stale",
            f"epoch {listed(stale, _SHOWN)} rests on what no longer counts",
            f"`aurora recompute {chain_id} --stale`",
        )
    unpublished = [one for one in state.periods if not one.is_whole and now - one.recorded_at > _GRACE]
    if unpublished:
        first = unpublished[0]
        epochs = listed([one.epoch for one in unpublished], _SHOWN)
        yield Concern(
            f"{chain_id}:unpublished:{first.epoch}",
            f"not all layers are published of epoch {epochs}",
            f"`aurora backfill {chain_id} {first.epoch}`",
            first.recorded_at,
        )


def _of_late(state: ChainState, now: datetime) -> Iterator[Concern]:
    for one in state.pending:
        if next_attempt(one, now) is None:
            yield Concern(f"{one.key}:given-up:{one.data_type}", late_in_words(one, now), since=one.since)


def _of_runs(runs: Sequence[PartitionRun], now: datetime) -> Iterator[Concern]:
    """Partitions whose newest run failed, and those whose run does not end."""
    for run in runs:
        if run.has_failed:
            yield Concern(
                f"{run.partition}:failed",
                f"the last run of {run.partition} failed",
                f"its page in the Dagster UI (run {run.run_id[:8]}) and `aurora snapshots list --rejected` say why;"
                " then run it again",
                run.changed_at,
                page=f"/runs/{run.run_id}",
            )
        elif run.is_under_way and now - run.changed_at > _RUN_MAX:
            yield Concern(
                f"{run.partition}:hangs",
                f"a run of {run.partition} is {run.status} for {age(now - run.changed_at)}",
                f"terminate run {run.run_id[:8]} in the Dagster UI, and run it again",
                run.changed_at,
                page=f"/runs/{run.run_id}",
            )


def _of_time(status: ChainStatus, now: datetime) -> Iterator[Concern]:
    lag = status.lag
    if lag.behind is not None and lag.behind > _BEHIND_MAX:
        yield Concern(
            f"{status.chain_id}:behind",
            f"{lag.behind} periods behind the chain",
            "`aurora up` computes them, or `aurora backfill`",
        )
    if status.seen is not None and status.period_lasts is not None:
        silent = now - status.seen.observed_at
        if silent > status.period_lasts / _SILENT_SHARE:
            yield Concern(
                f"{status.chain_id}:unobserved",
                f"nobody observed it for {age(silent)}, and what is not observed cannot be fetched later",
                "is `aurora up` running, and its node there? `aurora providers check`",
                status.seen.observed_at,
            )


def of_sensors(sensors: Iterable[Ticking], now: datetime, clock_runs: bool = True) -> list[Concern]:
    """Which sensors fail, and whether all of them have stopped."""
    known = list(sensors)
    found = [
        Concern(f"sensor:{one.sensor}", f"sensor {one.sensor} fails: {one.problem}", page="/automation")
        for one in known
        if one.problem is not None
    ]
    newest = max((one.last_tick_at for one in known), default=now)
    if clock_runs and now - newest > _TICK_MAX:
        found.append(
            Concern("sensors:stopped", f"no sensor ran for {age(now - newest)}", "`aurora up` runs them", newest)
        )
    return found


def of_backup(made_at: datetime | None, now: datetime, clock_runs: bool = True) -> list[Concern]:
    """Whether the backups that somebody once began to make have stopped; who never made one may have others."""
    if made_at is None or not clock_runs or now - made_at <= _BACKUP_MAX:
        return []
    return [Concern("backup:old", f"the last backup is {age(now - made_at)} old", "`aurora backup DIR`", made_at)]


def of_log(log: LogSigning, now: datetime, clock_runs: bool = True) -> list[Concern]:
    """Whether what was released or published is not signed in time, and what is missing for that."""
    since = log.due_since
    if since is None or not clock_runs or now - since <= _UNSIGNED_MAX:
        return []
    if not log.has_key:
        what = f"a statement was released {age(now - since)} ago, and nothing signs it: the log has no key"
        return [Concern("log:no-key", what, "`aurora keys new NAME`, then `aurora checkpoint`", since)]
    what = f"a checkpoint of the log is due for {age(now - since)}"
    if log.key_missing is not None:
        what, todo = f"{what}, and {log.key_missing}", "run `aurora checkpoint` where the key is, or bring it here"
    else:
        todo = "`aurora checkpoint`; `aurora up` signs by itself"
    return [Concern("log:unsigned", what, todo, since)]


def age(passed: timedelta) -> str:
    """A time in the unit that people would use, like 3 h or 12 days."""
    minutes = max(int(passed.total_seconds()) // 60, 0)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 60 // 24} days"
