"""The periods before: what counts of them, and never the own one, a later one, or what was rejected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft, Rejected
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.earlier import load_earlier
from aurora_pipeline.store.gate.series import PERIODS_MAX, PERIODS_MIN, expected
from aurora_pipeline_tests.gated import write_check_publish

CHAIN = "solana-demo"


def publish(database: Database, epoch: int, recipient: str, broken: tuple[str, ...] = ()) -> None:
    key = PeriodKey(CHAIN, EpochNumber(epoch))
    row = {**key.columns, "validator_key": "V1", "state": "final", "recipient_key": recipient}
    rows = [{**row, "row_kind": "VALIDATOR", "account_key": "V1"}, {**row, "row_kind": "ACCOUNT", "account_key": "A1"}]
    write_check_publish(database, [Draft(REWARDS, key, frame_of(REWARDS, rows), (), Completeness.FINAL)], broken=broken)


def test_load_earlier__of_published_periods__the_newest_before_without_single_accounts(database: Database) -> None:
    for epoch in range(810, 853):
        publish(database, epoch, "K1")
    publish(database, 849, "K2")
    with pytest.raises(Rejected):
        publish(database, 848, "K3", broken=("off",))
    with database.connect() as connection:
        found = load_earlier(connection, REWARDS, PeriodKey(CHAIN, EpochNumber(850)))
    assert sorted(found.rows["epoch"]) == list(range(850 - PERIODS_MAX, 850))
    assert set(found.rows["row_kind"]) == {"VALIDATOR"}
    assert found.last()["recipient_key"].to_list() == ["K2"]
    assert "K3" not in set(found.rows["recipient_key"])


def test_load_earlier__of_the_first_period__is_empty(database: Database) -> None:
    with database.connect() as connection:
        found = load_earlier(connection, REWARDS, PeriodKey(CHAIN, EpochNumber(850)))
    assert (len(found.rows), len(found.last()), dict(found.seconds)) == (0, 0, {})


AMOUNTS = st.integers(1, 10**30)


@given(st.lists(AMOUNTS, min_size=PERIODS_MIN, max_size=PERIODS_MAX), AMOUNTS, st.randoms())
def test_is_odd__whatever_was_seen__no_order_counts_and_nothing_seen_is_odd(
    before: list[int], value: int, chance: st.DrawFn
) -> None:
    told = expected(before, 0)
    assert told is not None
    assert not any(told.is_odd(one) for one in before)
    shuffled = list(before)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    other = expected(shuffled, 0)
    assert other is not None
    assert other.is_odd(value) == told.is_odd(value)


@given(st.lists(AMOUNTS, min_size=PERIODS_MIN, max_size=PERIODS_MAX), AMOUNTS)
def test_is_odd__in_another_unit__is_the_same(before: list[int], value: int) -> None:
    here, there = expected(before, 0), expected([one * 20 for one in before], 0)
    whole = expected([one * 400 for one in before], 0)
    assert here is not None
    assert there is not None
    assert whole is not None
    assert there.is_odd(value * 20) == whole.is_odd(value * 400)
