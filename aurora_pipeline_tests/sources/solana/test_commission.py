"""Commission from stakers' parts: the chain's two floors run backwards, and a shared collector's row split."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.demo.solana.economy import split_inflation
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.solana.commission import (
    CollectorClaim,
    StakerPart,
    commission_bounds,
    fits,
    implied_rate,
    least_gross,
    split_collector,
)

RATES = st.integers(0, 10_000)
GROSS = st.lists(st.integers(0, 10**13), min_size=1, max_size=30)


def paid(gross: list[int], rate: int) -> tuple[int, list[int]]:
    """(commission, stakers' parts) as the chain pays them."""
    splits = [split_inflation(one, rate) for one in gross]
    return sum(voter for voter, _ in splits), [staker for _, staker in splits]


def test_split__worked_example__read_backwards() -> None:
    # 1,000,003 at 7 %: voter 70,000, staker 930,002, one lamport lost.
    assert least_gross(Lamports(930_002), Bps(700)) in (1_000_002, 1_000_003)
    bounds = commission_bounds([StakerPart(Lamports(930_002))], Bps(700))
    assert (bounds.low, bounds.high) == (70_000, 70_000)
    assert implied_rate(Lamports(70_000), Lamports(930_002), 1) == 700


def test_least_gross__a_part_that_paid__left_something_to_the_validator() -> None:
    # 10 at 7 % pays nobody, so what left a staker 13 was not 14 with a commission of 0.
    assert least_gross(Lamports(13), Bps(700)) == 15


@given(GROSS, RATES)
@settings(max_examples=200, deadline=None)
def test_bounds__whatever_was_earned__hold_the_commission(gross: list[int], rate: int) -> None:
    commission, parts = paid(gross, rate)
    bounds = commission_bounds([StakerPart(Lamports(part)) for part in parts], Bps(rate))
    assert bounds.low <= commission
    assert bounds.high is None or commission <= bounds.high
    # Up to 50 % a part leaves two gross rewards to choose from at most; beyond that ever more.
    assert rate > 5_000 or bounds.high is None or bounds.high - bounds.low <= len(gross)
    paid_accounts = sum(1 for part in parts if part)
    assert fits(Lamports(commission), Lamports(sum(parts)), paid_accounts, Bps(rate)) or commission == sum(parts) == 0


@given(st.lists(st.integers(10**8, 10**13), min_size=1, max_size=20), RATES)
@settings(max_examples=100, deadline=None)
def test_implied_rate__large_rewards__is_the_one_applied(gross: list[int], rate: int) -> None:
    commission, parts = paid(gross, rate)
    assert implied_rate(Lamports(commission), Lamports(sum(parts)), sum(1 for part in parts if part)) == rate


def _parts(parts: Sequence[int], stakes: Sequence[int]) -> list[StakerPart]:
    return [StakerPart(Lamports(part), Lamports(stake)) for part, stake in zip(parts, stakes, strict=True)]


@given(
    st.lists(st.integers(10**9, 10**16), min_size=1, max_size=20),
    st.lists(st.integers(10**9, 10**16), min_size=1, max_size=20),
    st.integers(10**11, 10**12),
    st.integers(1, 9_999),
    st.integers(1, 9_999),
)
@settings(max_examples=100, deadline=None)
def test_split_collector__two_validators__adds_up_and_is_off_by_no_more_than_it_says(
    stakes: list[int], others: list[int], yields: int, rate: int, other_rate: int
) -> None:
    earned = [[stake * yields // 10**15 for stake in group] for group in (stakes, others)]
    (one, one_parts), (two, two_parts) = paid(earned[0], rate), paid(earned[1], other_rate)
    claims = [
        CollectorClaim("one", _parts(one_parts, stakes), (Bps(rate),)),
        CollectorClaim("two", _parts(two_parts, others), (Bps(other_rate),)),
    ]
    split = split_collector(Lamports(one + two), claims)
    assert split is not None
    assert total(split.commissions.values()) == one + two
    assert abs(split.commissions["one"] - one) <= max(split.unsure, 0)


def test_split_collector__several_rates_possible__the_one_that_explains_the_row() -> None:
    (one, one_parts), (two, two_parts) = paid([10**9, 7 * 10**8], 700), paid([3 * 10**9], 1_000)
    claims = [
        CollectorClaim("one", [StakerPart(Lamports(part)) for part in one_parts], (Bps(500), Bps(700))),
        CollectorClaim("two", [StakerPart(Lamports(part)) for part in two_parts], (Bps(1_000), Bps(950))),
    ]
    split = split_collector(Lamports(one + two), claims)
    assert split is not None
    assert split.rates == {"one": 700, "two": 1_000}
    assert split_collector(Lamports(one + two + 50), claims) is None


def test_split_collector__one_keeps_everything__gets_what_the_others_leave() -> None:
    one, parts = paid([10**9], 700)
    claims = [
        CollectorClaim("one", [StakerPart(Lamports(part)) for part in parts], (Bps(700),)),
        CollectorClaim("all", [], (Bps(10_000),)),
    ]
    split = split_collector(Lamports(one + 123), claims)
    assert split is not None
    assert split.commissions["all"] == pytest.approx(123, abs=split.unsure)
