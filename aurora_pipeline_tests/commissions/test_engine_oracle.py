"""The engine against the oracle in plain fractions, which shares no code with it, and the properties of lines."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.agreements.tables import Metric, Window
from aurora_pipeline.agreements.terms import Clamp
from aurora_pipeline.commissions.compute import commission_lines
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION
from aurora_pipeline.commissions.tiers import graduated as f
from aurora_pipeline.commissions.tiers import price
from aurora_pipeline.commissions.windows import WindowInputs, WindowStart
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.digests import content_digest
from aurora_pipeline_tests.commissions.conftest import CHAIN, EPOCH, NO_STAKE, graduated, pnl_frame, rows, rule, terms
from aurora_pipeline_tests.commissions.storm import storm
from aurora_pipeline_tests.commissions.worlds import assert_equal_to_oracle, frames_of, make_world, terms_of

TIPS = Component.MEV_TIPS

steps = st.lists(st.integers(1, 10**30), max_size=4, unique=True).map(sorted)
tiers = st.builds(
    lambda ends, rates: graduated(*zip([*ends, None], rates, strict=False)),
    steps,
    st.lists(st.integers(0, 10_000), min_size=5, max_size=5),
)
bases = st.one_of(st.integers(0, 100), st.integers(0, 10**31))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_commission_lines__any_world__equal_to_the_oracle(chance: random.Random) -> None:
    """Four worlds per example: 2,000 cases. Each alone could hide what two agreements do to each other's lines."""
    assert_equal_to_oracle({name: make_world(chance, name) for name in ("wa", "wb", "wc", "wd")})


@settings(max_examples=100, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_commission_lines__one_world_with_rules_for_every_validator__equal_to_the_oracle(chance: random.Random) -> None:
    assert_equal_to_oracle({"w": make_world(chance, "w")})


@pytest.mark.slow
def test_commission_lines__a_hundred_thousand_lines_by_chance__equal_to_the_oracle() -> None:
    assert storm(100_000, seed=850) >= 100_000


@settings(max_examples=30, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_commission_lines__input_rows_in_another_order__same_bytes_and_ids(chance: random.Random) -> None:
    world = make_world(chance, "w")
    digests = []
    for shuffle in (None, random.Random(1)):
        pnl, positions, rewards = frames_of(world.validators, shuffle)
        agreed, windows = terms_of({"w": world})
        result = commission_lines(CHAIN, EPOCH, pnl, positions, rewards, agreed, windows)
        digests.append(
            [
                content_digest(table, layer.frame.with_columns(salt=pl.lit("0" * 64)))
                for table, layer in ((PARTNER_COMMISSION_LINES, result.lines), (REVENUE_ALLOCATION, result.allocation))
            ]
        )
    assert digests[0] == digests[1]


@given(shape=tiers, low=bases, more=bases)
def test_graduated__larger_base__never_pays_less_nor_more_than_its_highest_rate(
    shape: Any, low: int, more: int
) -> None:
    """Monotone, and continuous at every threshold: a unit more pays at most one unit more."""
    first, second = f(shape, Amount(low))[0], f(shape, Amount(low + more))[0]
    highest = max(step.rate_bps for step in shape.steps)
    assert first <= second <= first + more * highest // 10_000 + 1
    for step in shape.steps[:-1]:
        assert f(shape, step.up_to + 1)[0] - f(shape, step.up_to)[0] in (0, 1)


@given(shape=tiers, parts=st.lists(bases, max_size=6), start=bases)
def test_graduated__cumulative_periods__telescope_to_the_whole(shape: Any, parts: list[int], start: int) -> None:
    over = graduated(*((step.up_to, step.rate_bps) for step in shape.steps), metric=Metric.LIFETIME)
    reached, paid = start, 0
    for part in parts:
        paid += price(over, Amount(part), Amount(reached), Amount(0)).amount
        reached += part
    assert paid == f(shape, Amount(reached))[0] - f(shape, Amount(start))[0]


@settings(max_examples=50, deadline=None)
@given(amounts=st.lists(st.integers(0, 10**6), min_size=1, max_size=6), cap=st.integers(0, 10**6))
def test_month_cap__any_periods__together_pay_the_smaller_of_cap_and_sum(amounts: list[int], cap: int) -> None:
    capped = rule("r", TIPS, 5000, cap=Clamp(Amount(cap), Window.MONTH))
    month, paid = 0, 0
    for amount in amounts:
        windows = WindowInputs({("a", "r"): WindowStart(Amount(0), Amount(month))})
        result = commission_lines(
            CHAIN, EPOCH, pnl_frame({"V": {TIPS: amount}}), *NO_STAKE, terms({"a": [capped]}), windows
        )
        (total,) = rows(result.results.frame)
        month, paid = month + total["computed"], paid + total["final"]
    assert paid == min(cap, month)


@settings(max_examples=30, deadline=None)
@given(chance=st.randoms(use_true_random=False))
def test_commission_lines__wallet_attribution_switched_off__same_pay(chance: random.Random) -> None:
    """A reporting switch never changes pay: validators, rules and the whole allocation stay."""
    world = make_world(chance, "w")
    world.overrides = [override for override in world.overrides if not override[2]]
    found = []
    for is_on in (True, False):
        for rules in world.agreements.values():
            for one in rules:
                one["wallet_attribution"] = is_on and one["method"] != "FIXED_SHARE"
        agreed, windows = terms_of({"w": world})
        pnl, positions, rewards = frames_of(world.validators, None)
        result = commission_lines(CHAIN, EPOCH, pnl, positions, rewards, agreed, windows)
        by = ["agreement_id", "rule_key", "validator_key", "kind"]
        sums = result.lines.frame.group_by(by).agg(pl.col("computed").sum()).filter(pl.col("computed") != 0).sort(by)
        found.append((rows(sums), rows(result.results.frame), rows(result.allocation.frame.sort("part_id"))))
    assert found[0] == found[1]


def test_commission_lines__every_money_column__is_exact_decimal() -> None:
    result = commission_lines(
        CHAIN, EPOCH, pnl_frame({"V": {TIPS: 10**30}}), *NO_STAKE, terms({"a": [rule("r", TIPS, 1)]})
    )
    for layer in (result.lines, result.results, result.allocation):
        assert not [name for name, kind in layer.frame.schema.items() if kind.is_float()]
