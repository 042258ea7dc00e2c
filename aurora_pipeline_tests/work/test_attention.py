"""What needs a person is said, with what to do; what passes by itself, or cannot be helped, is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.tables import PERIOD_LAYER_TABLES
from aurora_pipeline.work.attention import ChainState, age, of_chain, of_sensors
from aurora_pipeline.work.health import Seen, Ticking
from aurora_pipeline.work.late import Pending
from aurora_pipeline.work.status import ChainStatus, PeriodStatus

NOW = datetime(2026, 9, 6, 12, tzinfo=UTC)
LASTS = timedelta(days=2)
HOURS = timedelta(hours=1)
PERIOD = PeriodStatus(
    "x:0000855",
    EpochNumber(855),
    NOW - 12 * HOURS,
    NOW - 12 * HOURS,
    len(PERIOD_LAYER_TABLES),
    "FINAL",
    None,
    None,
    None,
)
SEEN = Seen(EpochNumber(856), 5, NOW - 8 * HOURS)
SEEN_LONG_AGO = replace(SEEN, observed_at=NOW - 17 * HOURS)
CHAIN = ChainStatus("x", 1, 1, 0, 0, PERIOD.ended_at, LASTS, EpochNumber(856), 0, SEEN)
WELL = ChainState(CHAIN, [PERIOD], [])


def pending(days: int) -> Pending:
    return Pending(PeriodKey("x", EpochNumber(855)), "mev", NOW - timedelta(days=days), NOW - HOURS, 3)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (WELL, None),
        (replace(WELL, periods=[replace(PERIOD, stale="terms changed")]), "855 rests on what no longer counts"),
        (replace(WELL, periods=[replace(PERIOD, completeness="PARTIAL", lacking="mev 1 unavailable")]), None),
        (replace(WELL, periods=[replace(PERIOD, layers_published=3)]), "of epoch 855: `aurora backfill x 855`"),
        (replace(WELL, periods=[replace(PERIOD, layers_published=0, recorded_at=NOW - 5 * HOURS)]), None),
        (replace(WELL, pending=[pending(1)]), None),
        (replace(WELL, pending=[pending(30)]), "given up: `aurora backfill x 855` asks once more"),
        (replace(WELL, status=replace(CHAIN, behind=1)), None),
        (replace(WELL, status=replace(CHAIN, behind=2)), "2 periods behind the chain"),
        (replace(WELL, status=replace(CHAIN, seen=SEEN_LONG_AGO)), "nobody observed it for 17 h"),
        (replace(WELL, status=replace(CHAIN, seen=None)), None),
    ],
)  # fmt: skip
def test_of_chain__one_thing_is_so__somebody_is_told_or_left_alone(state: ChainState, words: str | None) -> None:
    found = of_chain(state, NOW)
    assert (words is None) == (not found)
    assert all(text.startswith("x: ") and words is not None and words in text for text in found)


def test_of_chain__where_time_is_simulated__nothing_is_late() -> None:
    old = replace(WELL, status=replace(CHAIN, behind=9, seen=replace(SEEN, observed_at=NOW - 900 * HOURS)))
    assert of_chain(old, NOW, clock_runs=False) == []


def test_of_sensors__failing_or_stopped__told() -> None:
    fine = Ticking("late_data", NOW - timedelta(minutes=1), None)
    failing = Ticking("finalized_periods", NOW, "no node answers")
    assert of_sensors([], NOW) == []
    assert of_sensors([fine], NOW) == []
    assert of_sensors([fine, failing], NOW) == ["sensor finalized_periods fails: no node answers"]
    stopped = replace(fine, last_tick_at=NOW - 3 * HOURS)
    assert of_sensors([stopped], NOW) == ["no sensor ran for 3 h: `aurora up` runs them"]
    assert of_sensors([stopped], NOW, clock_runs=False) == []


def test_age__in_the_unit_people_use() -> None:
    passed = [timedelta(0), timedelta(minutes=119), timedelta(hours=2), timedelta(hours=47), timedelta(days=2)]
    assert [age(one) for one in passed] == ["0 min", "119 min", "2 h", "47 h", "2 days"]
    assert age(-HOURS) == "0 min"
