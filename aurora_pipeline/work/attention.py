"""What of an instance's state needs a person: what no sensor and no waiting will put right. A pure judgement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.work.health import Ticking
from aurora_pipeline.work.late import Pending, next_attempt
from aurora_pipeline.work.late import in_words as late_in_words
from aurora_pipeline.work.status import ChainStatus, PeriodStatus

_GRACE: Final = timedelta(hours=6)
"""So long a period may take from being found final to being published."""
_BEHIND_MAX: Final = 1
"""The newest final period may still be under way."""
_SILENT_SHARE: Final = 3
"""A chain not seen for this part of a period lacks two of its samples, which cannot be fetched later."""
_TICK_MAX: Final = timedelta(hours=1)
_SHOWN: Final = 5


@dataclass(frozen=True)
class ChainState:
    """All that is judged of a chain."""

    status: ChainStatus
    periods: Sequence[PeriodStatus]
    pending: Sequence[Pending]


def of_chain(state: ChainState, now: datetime, clock_runs: bool = True) -> list[str]:
    """What of a chain needs a person, each with what to do; `clock_runs` is false where time is simulated."""
    chain_id, found = state.status.chain_id, []
    stale = [period.epoch for period in state.periods if period.stale is not None]
    if stale:
        found.append(
            f"epoch {listed(stale, _SHOWN)} rests on what no longer counts: `aurora recompute {chain_id} --stale`"
        )
    unpublished = [one for one in state.periods if not one.is_whole and now - one.recorded_at > _GRACE]
    if unpublished:
        first = unpublished[0].epoch
        epochs = listed([one.epoch for one in unpublished], _SHOWN)
        found.append(f"not all layers are published of epoch {epochs}: `aurora backfill {chain_id} {first}`")
    found += [late_in_words(one, now) for one in state.pending if next_attempt(one, now) is None]
    if clock_runs:
        found += _of_time(state.status, now)
    return [f"{chain_id}: {text}" for text in found]


def _of_time(status: ChainStatus, now: datetime) -> list[str]:
    found = []
    if status.behind is not None and status.behind > _BEHIND_MAX:
        found.append(f"{status.behind} periods behind the chain: `aurora up` computes them, or `aurora backfill`")
    if status.seen is not None and status.period_lasts is not None:
        silent = now - status.seen.observed_at
        if silent > status.period_lasts / _SILENT_SHARE:
            found.append(
                f"nobody observed it for {age(silent)}, and what is not observed cannot be fetched later: is"
                " `aurora up` running, and its node there? `aurora providers check`"
            )
    return found


def of_sensors(sensors: Iterable[Ticking], now: datetime, clock_runs: bool = True) -> list[str]:
    """Which sensors fail, and whether all of them have stopped."""
    known = list(sensors)
    found = [f"sensor {one.sensor} fails: {one.problem}" for one in known if one.problem is not None]
    newest = max((one.last_tick_at for one in known), default=now)
    if clock_runs and now - newest > _TICK_MAX:
        found.append(f"no sensor ran for {age(now - newest)}: `aurora up` runs them")
    return found


def age(passed: timedelta) -> str:
    """A time in the unit that people would use, like 3 h or 12 days."""
    minutes = max(int(passed.total_seconds()) // 60, 0)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 60 // 24} days"
