"""How far behind figures are, by what was seen and by the clock, and what that is called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.condition import Health, Lag, Whereabouts, condition_of, lag_of, worst

ENDED = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = timedelta(days=1)


def known(newest: int = 855, step: int = 1, running: int | None = None) -> Whereabouts:
    return Whereabouts(EpochNumber(newest), ENDED, 2 * DAYS, step, None if running is None else EpochNumber(running))


@pytest.mark.parametrize(
    ("of", "whole", "now", "expected", "behind"),
    [
        (known(), 855, ENDED + DAYS, 855, 0),
        (known(), 853, ENDED + DAYS, 855, 2),
        # Its node is down: nobody sees it go on, and it goes on.
        (known(running=856), 855, ENDED + 9 * DAYS, 859, 4),
        (known(running=856), 855, None, 855, 0),
        (known(running=860), 855, None, 859, 4),
        (known(running=860), 855, ENDED + DAYS, 859, 4),
        # A window is one period, however many epochs it has.
        (known(2250, step=225), 2025, ENDED + 3 * DAYS, 2475, 2),
        (known(2250, step=225, running=2700), 2250, None, 2475, 1),
    ],
)
def test_lag_of__by_what_is_known__periods_between(
    of: Whereabouts, whole: int, now: datetime | None, expected: int, behind: int
) -> None:
    assert lag_of(of, EpochNumber(whole), 9, now) == Lag(EpochNumber(expected), EpochNumber(whole), behind)


def test_lag_of__nothing_published__all_that_is_recorded_and_over() -> None:
    assert lag_of(known(), None, 6, ENDED + 5 * DAYS) == Lag(EpochNumber(857), None, 8)


def test_lag_of__nothing_recorded__nothing_said() -> None:
    assert lag_of(None, None, 0, ENDED) == Lag(None, None, None)


@given(st.integers(0, 400), st.integers(1, 300), st.one_of(st.none(), st.integers(0, 10_000)))
def test_lag_of__as_time_passes__never_shrinks_and_never_runs_backwards(
    hours: int, step: int, running: int | None
) -> None:
    of = known(900, step, running)
    before = lag_of(of, of.newest, 1, ENDED + timedelta(hours=hours))
    after = lag_of(of, of.newest, 1, ENDED + timedelta(hours=hours + 1))
    assert 0 <= (before.behind or 0) <= (after.behind or 0)


@pytest.mark.parametrize(
    ("behind", "condition"),
    [(None, "DEGRADED"), (0, "HEALTHY"), (4, "HEALTHY"), (5, "DEGRADED"), (9, "DEGRADED"), (10, "UNHEALTHY")],
)
def test_condition_of__by_lag(behind: int | None, condition: str) -> None:
    assert condition_of(Lag(None, None, behind), 5, 10) == condition


def test_worst__of_none_and_of_several() -> None:
    assert worst([]) is Health.HEALTHY
    assert worst([Health.DEGRADED, Health.UNHEALTHY, Health.HEALTHY]) is Health.UNHEALTHY
