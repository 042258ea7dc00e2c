"""Months as keys: printed, read back, in order, and never taken for a period's key."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey, month_of, parse_key

INSTANTS = st.integers(0, 32_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
KEYS = st.one_of(
    st.builds(PeriodKey, st.just("solana-demo"), st.integers(0, 9_999_999)),
    INSTANTS.map(lambda at: MonthKey.of("solana-demo", at)),
)


@given(KEYS)
def test_key__printed__is_read_back(key: PartitionKey) -> None:
    assert parse_key(str(key)) == key


@given(INSTANTS)
def test_month__any_instant__holds_it_and_ends_where_the_next_begins(instant: datetime) -> None:
    key = MonthKey.of("c", instant)
    assert key.started_at <= instant < key.ended_at == key.next.started_at
    assert month_of(key.ended_at - timedelta(microseconds=1)) == key.month


@given(INSTANTS, INSTANTS)
def test_months__compared_as_text__are_in_the_order_of_time(first: datetime, second: datetime) -> None:
    keys = MonthKey.of("c", first), MonthKey.of("c", second)
    assert (str(keys[0]) < str(keys[1])) == (keys[0].ended_at <= keys[1].started_at)


@pytest.mark.parametrize("text", ["c:2026-13", "c:2026-00", "c:2026-3", "2026-03", "c:0000850", "c:2026-03 "])
def test_month__anything_else__is_refused_with_an_example(text: str) -> None:
    with pytest.raises(AuroraError, match="no month's key") as refused:
        MonthKey.parse(text)
    assert "2026-03" in str(refused.value.remedy)


def test_period__a_months_key__is_refused() -> None:
    with pytest.raises(AuroraError, match="no period key"):
        PeriodKey.parse("solana-demo:2026-03")
