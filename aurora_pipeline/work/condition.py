"""How far a chain's figures are behind the chain, and whether that is healthy. A pure judgement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aurora_pipeline.foundation.units import EpochNumber


class Health(StrEnum):
    """How something is, from well to ill."""

    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    UNHEALTHY = "UNHEALTHY"


@dataclass(frozen=True)
class Lag:
    """Where a chain's figures are and where they ought to be; all None where nothing is known of the chain yet."""

    expected: EpochNumber | None
    """The newest period that is over: recorded, seen, or by the clock."""
    latest: EpochNumber | None
    """The newest period of which every layer is published."""
    behind: int | None
    """How many periods lie between them."""


@dataclass(frozen=True)
class Whereabouts:
    """What is recorded of where a chain is."""

    newest: EpochNumber
    """The newest recorded period."""
    ended_at: datetime
    lasts: timedelta
    step: int
    """By how much the number of a period is above that of the one before."""
    running: EpochNumber | None
    """The newest epoch that was seen running."""


def lag_of(known: Whereabouts | None, whole: EpochNumber | None, recorded: int, now: datetime | None) -> Lag:
    """How far figures are behind. Without `now` (where time is simulated) only what was seen counts.

    A chain whose node is down is not seen to go on. Its clock goes on all the same: by it periods are over that
    nobody recorded.
    """
    if known is None:
        return Lag(None, None, None)
    seen = 0 if known.running is None else (known.running - known.newest) // known.step - 1
    passed = 0 if now is None or known.lasts <= timedelta(0) else (now - known.ended_at) // known.lasts
    unrecorded = max(seen, passed, 0)
    expected = EpochNumber(known.newest + unrecorded * known.step)
    behind = recorded + unrecorded if whole is None else (expected - whole) // known.step
    return Lag(expected, whole, behind)


def condition_of(lag: Lag, degraded_behind: int, unhealthy_behind: int) -> Health:
    """How a chain is by its lag; one of which nothing is known is not well, and not known to be ill."""
    if lag.behind is None:
        return Health.DEGRADED
    if lag.behind >= unhealthy_behind:
        return Health.UNHEALTHY
    return Health.DEGRADED if lag.behind >= degraded_behind else Health.HEALTHY


def worst(conditions: list[Health]) -> Health:
    """The condition of a whole by those of its parts."""
    order = list(Health)
    return max(conditions, key=order.index, default=Health.HEALTHY)
