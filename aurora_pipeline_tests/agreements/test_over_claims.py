"""Terms that could claim more than there is: a bound that is never too low, told when the terms are written."""

from __future__ import annotations

import pytest

from aurora_pipeline_tests.agreements.conftest import Apply


def _file(*rules: tuple[str, str, str, str]) -> str:
    """One agreement for each (partner, component, method, rate or more)."""
    names = sorted({partner for partner, *_ in rules})
    partners = ", ".join(f"{{partner: {name}, name: {name.upper()}}}" for name in names)
    agreements = [
        f"""
  - agreement: {partner}-{number}
    partner: {partner}
    active_from: 2026-01-01
    rules:
      - {{rule: r, chain: solana-demo, component: {component}, method: {method}, {rate}}}"""
        for number, (partner, component, method, rate) in enumerate(rules)
    ]
    return f"partners: [{partners}]\nagreements:" + "".join(agreements)


def _warned(apply_text: Apply, *rules: tuple[str, str, str, str]) -> list[str]:
    return [warning for warning in apply_text(_file(*rules)).warnings if "HELD" in warning]


TIERS = "tiers: {mode: VOLUME, steps: [{up_to: 5 SOL, rate_bps: 100}, {rate_bps: 9000}]}"


@pytest.mark.parametrize(
    ("rules", "claimed"),
    [
        # Shares by stake of different partners never exceed the whole together: the highest counts.
        ([("a", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 9000"), ("b", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 9000")], 0),
        (
            [("a", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 9000"), ("a", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 1001")],
            10_001,
        ),
        (
            [("a", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 9000"), ("b", "MEV_TIPS", "FIXED_SHARE", "rate_bps: 1001")],
            10_001,
        ),
        # On tips clients' revenue is weighted by stake as well; on commission it is weighted by rewards.
        (
            [
                ("a", "MEV_TIPS", "STAKE_WEIGHT", "rate_bps: 9000"),
                ("b", "MEV_TIPS", "CLIENT_REVENUE", "rate_bps: 9000"),
            ],
            0,
        ),
        (
            [
                ("a", "COMMISSION", "STAKE_WEIGHT", "rate_bps: 9000"),
                ("b", "COMMISSION", "CLIENT_REVENUE", "rate_bps: 1001"),
            ],
            10_001,
        ),
        ([("a", "MEV_TIPS", "FIXED_SHARE", TIERS), ("b", "MEV_TIPS", "FIXED_SHARE", "rate_bps: 1001")], 10_001),
        ([("a", "MEV_TIPS", "FIXED_SHARE", TIERS), ("b", "MEV_TIPS", "FIXED_SHARE", "rate_bps: 1000")], 0),
        ([("a", "MEV_TIPS", "FIXED_SHARE", "rate_bps: 9000"), ("b", "EXEC_FEES", "FIXED_SHARE", "rate_bps: 9000")], 0),
    ],
)
def test_apply__claims_that_could_exceed_a_component__warned_with_the_most_they_claim(
    apply_text: Apply, rules: list[tuple[str, str, str, str]], claimed: int
) -> None:
    warnings = _warned(apply_text, *rules)
    assert len(warnings) == (1 if claimed else 0)
    if claimed:
        assert "a-0/r and " in warnings[0]
        assert f"claim up to {claimed} bps of {rules[0][1]}" in warnings[0]


@pytest.mark.parametrize(
    ("funded_by", "component"), [("", "COMMISSION"), (", funded_by: VOTE_REWARDS", "VOTE_REWARDS")]
)
def test_apply__clients_own_rewards__always_warned_on_the_component_that_pays(
    apply_text: Apply, funded_by: str, component: str
) -> None:
    (warning,) = _warned(apply_text, ("a", "VOTE_REWARDS", "CLIENT_REVENUE", f"rate_bps: 10{funded_by}"))
    assert f"a-0/r claims shares of their clients' rewards, which can be any part of {component}" in warning


def test_apply__clients_own_rewards_at_no_rate__not_warned(apply_text: Apply) -> None:
    assert _warned(apply_text, ("a", "VOTE_REWARDS", "CLIENT_REVENUE", "rate_bps: 0")) == []
