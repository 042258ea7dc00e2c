"""What needs a person is said, with what to do; what passes by itself, or cannot be helped, is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.tables import PERIOD_LAYER_TABLES
from aurora_pipeline.work.attention import ChainState, age, of_backup, of_chain, of_log, of_sensors
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.condition import Lag
from aurora_pipeline.work.health import PartitionRun, Seen, Ticking
from aurora_pipeline.work.late import Pending
from aurora_pipeline.work.log_signing import LogSigning, due_since
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
    len(PERIOD_LAYER_TABLES),
    "FINAL",
    None,
    None,
    None,
)
SEEN = Seen(EpochNumber(856), 5, NOW - 8 * HOURS)
SEEN_LONG_AGO = replace(SEEN, observed_at=NOW - 17 * HOURS)
LAG = Lag(EpochNumber(855), EpochNumber(855), 0)
CHAIN = ChainStatus("x", 1, 1, 0, 0, PERIOD.ended_at, LASTS, EpochNumber(856), LAG, SEEN)
RUN = PartitionRun("x:0000855", "1f3a9c0e-77", "period_job", "SUCCESS", NOW - 7 * HOURS)
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
        (replace(WELL, status=replace(CHAIN, lag=replace(LAG, behind=1))), None),
        (replace(WELL, status=replace(CHAIN, lag=replace(LAG, behind=2))), "2 periods behind the chain"),
        (replace(WELL, status=replace(CHAIN, seen=SEEN_LONG_AGO)), "nobody observed it for 17 h"),
        (replace(WELL, status=replace(CHAIN, seen=None)), None),
        (replace(WELL, runs=[RUN]), None),
        (replace(WELL, runs=[replace(RUN, status="CANCELED")]), None),
        (replace(WELL, runs=[replace(RUN, status="FAILURE")]), "the last run of x:0000855 failed: its page"),
        (replace(WELL, runs=[replace(RUN, status="STARTED")]), "x:0000855 is STARTED for 7 h: terminate run 1f3a9c0e"),
        (replace(WELL, runs=[replace(RUN, status="STARTED", changed_at=NOW - 5 * HOURS)]), None),
    ],
)  # fmt: skip
def test_of_chain__one_thing_is_so__somebody_is_told_or_left_alone(state: ChainState, words: str | None) -> None:
    found = [str(one) for one in of_chain(state, NOW)]
    assert (words is None) == (not found)
    assert all(text.startswith("x: ") and words is not None and words in text for text in found)


def test_of_chain__where_time_is_simulated__nothing_is_late() -> None:
    old = replace(
        WELL, status=replace(CHAIN, lag=replace(LAG, behind=9), seen=replace(SEEN, observed_at=NOW - 900 * HOURS))
    )
    assert of_chain(old, NOW, clock_runs=False) == []


def test_of_sensors__failing_or_stopped__told() -> None:
    fine = Ticking("late_data", NOW - timedelta(minutes=1), None)
    failing = Ticking("finalized_periods", NOW, "no node answers")
    assert of_sensors([], NOW) == []
    assert of_sensors([fine], NOW) == []
    assert told(of_sensors([fine, failing], NOW)) == ["sensor finalized_periods fails: no node answers"]
    stopped = replace(fine, last_tick_at=NOW - 3 * HOURS)
    assert told(of_sensors([stopped], NOW)) == ["no sensor ran for 3 h: `aurora up` runs them"]
    assert of_sensors([stopped], NOW, clock_runs=False) == []


def test_of_backup__made_once_and_not_any_more__told_and_who_makes_others_is_left_alone() -> None:
    assert of_backup(None, NOW) == of_backup(NOW - 71 * HOURS, NOW) == []
    assert told(of_backup(NOW - 80 * HOURS, NOW)) == ["the last backup is 3 days old: `aurora backup DIR`"]
    assert of_backup(NOW - 80 * HOURS, NOW, clock_runs=False) == []


def test_of_chain__the_same_thing_an_hour_later__has_the_same_cause() -> None:
    state = replace(WELL, status=replace(CHAIN, seen=SEEN_LONG_AGO, lag=replace(LAG, behind=2)), pending=[pending(30)])
    worse = replace(state, status=replace(state.status, lag=replace(LAG, behind=3)))
    before, after = of_chain(state, NOW), of_chain(worse, NOW + HOURS)
    assert [one.cause for one in before] == [one.cause for one in after]
    assert told(before) != told(after)


def told(concerns: list[Concern]) -> list[str]:
    return [str(one) for one in concerns]


def test_age__in_the_unit_people_use() -> None:
    passed = [timedelta(0), timedelta(minutes=119), timedelta(hours=2), timedelta(hours=47), timedelta(days=2)]
    assert [age(one) for one in passed] == ["0 min", "119 min", "2 h", "47 h", "2 days"]
    assert age(-HOURS) == "0 min"


def test_of_log__what_was_released_and_is_not_signed__says_what_is_missing() -> None:
    since = NOW - 3 * HOURS
    at_hand = LogSigning(NOW - 80 * HOURS, has_key=True, key_missing=None, due_since=since)
    assert told(of_log(at_hand, NOW)) == [
        "a checkpoint of the log is due for 3 h: `aurora checkpoint`; `aurora up` signs by itself"
    ]
    assert told(of_log(replace(at_hand, key_missing="the key that signs is not in K"), NOW)) == [
        "a checkpoint of the log is due for 3 h, and the key that signs is not in K: run `aurora checkpoint` where the"
        " key is, or bring it here"
    ]
    assert told(of_log(LogSigning(None, has_key=False, key_missing=None, due_since=since), NOW)) == [
        "a statement was released 3 h ago, and nothing signs it: the log has no key: `aurora keys new NAME`, then"
        " `aurora checkpoint`"
    ]
    for due in (None, NOW - HOURS):
        assert of_log(replace(at_hand, due_since=due), NOW) == []
    assert of_log(at_hand, NOW, clock_runs=False) == []


@pytest.mark.parametrize(
    ("began", "released", "published", "due"),
    [
        (None, None, NOW, None),
        (None, NOW - HOURS, NOW, NOW - HOURS),
        (NOW - 30 * HOURS, None, NOW - 31 * HOURS, None),
        (NOW - 23 * HOURS, None, NOW, None),
        (NOW - 30 * HOURS, None, NOW - HOURS, NOW - 6 * HOURS),
        (NOW - 30 * HOURS, NOW - 29 * HOURS, NOW, NOW - 29 * HOURS),
    ],
)
def test_due_since__after_a_release_and_daily_where_anything_is_new(
    began: datetime | None, released: datetime | None, published: datetime, due: datetime | None
) -> None:
    assert due_since(began, released, published, NOW) == due
