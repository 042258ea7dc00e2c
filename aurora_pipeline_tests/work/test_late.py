"""Late data: when pending figures are asked for again, which run that is, and when it is given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.late import (
    PAUSES,
    Pending,
    attempt_number,
    in_words,
    next_attempt,
    pending_since,
    plan_late,
)

SINCE = datetime(2026, 9, 3, 12, tzinfo=UTC)
KEY = PeriodKey("solana-demo", EpochNumber(850))
MINUTE = timedelta(minutes=1)
LAST_ATTEMPT = sum(PAUSES, timedelta())


def pending(asked: timedelta = timedelta(), data_type: str = "mev", since: datetime = SINCE) -> Pending:
    return Pending(KEY, data_type, since, since + asked, 3)


def at(**passed: float) -> datetime:
    return SINCE + timedelta(**passed)


@pytest.mark.parametrize(
    ("asked", "now", "number"),
    [
        (timedelta(), at(minutes=14, seconds=59), None),
        (timedelta(), at(minutes=15), 1),
        (timedelta(minutes=16), at(minutes=17), None),
        (timedelta(minutes=16), at(minutes=74), None),
        (timedelta(minutes=16), at(minutes=75), 2),
        (timedelta(hours=2), at(hours=4, minutes=15), 3),
        # The daemon was away for days: one attempt, not all that were missed.
        (timedelta(), at(days=3), 7),
        # Somebody ran a backfill shortly before an attempt was due.
        (timedelta(minutes=12), at(minutes=15), None),
    ],
)
def test_plan_late__time_passes__an_attempt_is_due_once(asked: timedelta, now: datetime, number: int | None) -> None:
    plan = plan_late([pending(asked)], now)
    assert [attempt.number for attempt in plan.attempts] == ([] if number is None else [number])
    assert len(plan.waiting) == (number is None)


def test_plan_late__two_data_types_of_a_period__one_run_for_both() -> None:
    found = [pending(), pending(data_type="rewards", since=SINCE + MINUTE)]
    plan = plan_late(found, at(minutes=17))
    (attempt,) = plan.attempts
    assert (attempt.key, attempt.data_types) == (KEY, ("mev", "rewards"))
    asked = [Pending(KEY, one.data_type, one.since, at(minutes=17), 3) for one in found]
    assert plan_late(asked, at(minutes=18)).attempts == ()


def test_plan_late__other_series_of_the_same_period__another_run_key() -> None:
    first = plan_late([pending()], at(minutes=15)).attempts[0]
    again = plan_late([pending(since=SINCE + timedelta(days=5))], at(days=5, minutes=15)).attempts[0]
    assert (first.number, again.number) == (1, 1)
    assert first.run_key != again.run_key


def test_plan_late__ten_days_without_an_answer__given_up_and_said_so() -> None:
    last = pending(LAST_ATTEMPT)
    plan = plan_late([last], at(days=11))
    assert (plan.attempts, plan.waiting, plan.given_up) == ((), (), (last,))
    assert next_attempt(last, at(days=11)) is None
    assert "given up: `aurora backfill solana-demo 850`" in in_words(last, at(days=11))


def test_pauses__from_first_to_last__grow_and_end_within_ten_days() -> None:
    assert list(PAUSES) == sorted(PAUSES)
    assert timedelta(days=9) < LAST_ATTEMPT < timedelta(days=10)


@given(st.integers(0, 20 * 24 * 60), st.integers(0, 20 * 24 * 60))
def test_plan_late__whoever_asked_whenever__is_asked_a_bounded_number_of_times(first: int, step: int) -> None:
    """A sensor that looks every so often and asks at once makes at most as many attempts as there are pauses."""
    asked, runs, now = SINCE, set(), SINCE + first * MINUTE
    for _ in range(40):
        (*_, attempts) = (plan_late([Pending(KEY, "mev", SINCE, asked, 1)], now).attempts,)
        for attempt in attempts:
            assert attempt.run_key not in runs
            runs.add(attempt.run_key)
            asked = now
        now += max(1, step) * MINUTE
    assert len(runs) <= len(PAUSES)
    assert attempt_number(SINCE, now) >= len(runs)


def run(states: dict[str, int], minute: int) -> dict[str, Any]:
    return {"states": states, "written_at": SINCE + minute * MINUTE}


@pytest.mark.parametrize(
    ("runs", "minute"),
    [
        ([run({"final": 3}, 0)], None),
        ([run({"pending": 3}, 0), run({"final": 1, "pending": 2}, 9)], 0),
        ([run({"pending": 3}, 0), run({"final": 3}, 9)], None),
        ([run({"pending": 3}, 0), run({"final": 3}, 9), run({"pending": 1}, 20), run({"pending": 1}, 30)], 20),
        ([run({"unavailable": 1, "partial": 1}, 0)], None),
        ([], None),
    ],
)
def test_pending_since__runs__the_beginning_of_the_present_series(
    runs: list[dict[str, Any]], minute: int | None
) -> None:
    assert pending_since(runs) == (None if minute is None else SINCE + minute * MINUTE)


def test_pending_since__partly_known_and_awaited__counts_from_when_it_was() -> None:
    runs = [run({"pending": 1}, 0), run({"partial": 1, "final": 2}, 9), run({"partial": 1}, 20)]
    assert pending_since(runs, {"partial"}) == SINCE + 9 * MINUTE
    assert pending_since([*runs, run({"final": 3}, 30)], {"partial"}) is None
