"""Shares by largest remainder and tiered rates: exact, in order, and nothing but integers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.foundation.money import MoneyError, share_bps_of_parts, share_by_largest_remainder, share_in_order
from aurora_pipeline.foundation.units import Amount, Bps

weights = st.lists(st.integers(0, 10**30), min_size=1, max_size=8)


@given(total=st.integers(0, 10**30), weights=weights)
def test_share_in_order__any_weights__adds_up_and_each_is_within_one_unit(total: int, weights: list[int]) -> None:
    parts = share_in_order(total, weights)
    whole = sum(weights)
    effective = weights if whole else [1] * len(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, effective, strict=True):
        assert -sum(effective) < part * sum(effective) - total * weight < sum(effective)


def test_share_in_order__equal_remainders__to_the_earlier() -> None:
    assert share_in_order(10, [1, 1, 1]) == [4, 3, 3]
    assert share_in_order(2, [0, 0, 0]) == [1, 1, 0]
    assert share_by_largest_remainder(10, {"c": 1, "a": 1, "b": 1}) == {"a": 4, "b": 3, "c": 3}


@pytest.mark.parametrize(
    ("total", "weights"), [(-1, [1]), (1, []), (1, [-1, 3]), (0, [-1, 1]), (1, [1.0]), (1, [True]), (1.0, [1])]
)
def test_share_in_order__no_amounts__refused(total: Any, weights: Any) -> None:
    with pytest.raises(MoneyError):
        share_in_order(total, weights)


def test_share_in_order__nothing_among_nobody__nothing() -> None:
    assert share_in_order(0, []) == []


def test_share_bps_of_parts__one_floor_at_the_end() -> None:
    assert share_bps_of_parts([(Amount(9), Bps(1000)), (Amount(1), Bps(1000))]) == 1


@pytest.mark.parametrize("parts", [[(-1, 1)], [(5, 1), (-1, 1)], [(1, 10_001)], [(1.0, 1)], [(1, -1)]])
def test_share_bps_of_parts__out_of_bounds__refused(parts: Any) -> None:
    with pytest.raises(MoneyError):
        share_bps_of_parts(parts)
