"""What is not known: whose lines wait for it, what they say, and that everybody else's figures stand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from aurora_pipeline.agreements.tables import Basis, Method, Metric
from aurora_pipeline.agreements.terms import PartnerWallet
from aurora_pipeline.commissions.attribution import attribute
from aurora_pipeline.commissions.compute import Commissions
from aurora_pipeline.commissions.formula import formula
from aurora_pipeline.commissions.tables import OPERATOR_GUARANTEE
from aurora_pipeline.commissions.windows import LossBalance, WindowInputs, WindowStart
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline_tests.commissions.conftest import (
    NO_STAKE,
    compute,
    graduated,
    per_month,
    per_period,
    pnl_frame,
    rows,
    rule,
    stake_frames,
    terms,
    volume,
)

FEES, TIPS, REWARDS, COMMISSION = Component
ACCOUNTS = {"V1": [("s1", "mine", 1, 10), ("s2", "other", 3, 30)], "V2": [("s3", "mine", 5, 50)]}


def _line(result: Commissions, validator: str = "V1", kind: str = "LINE") -> dict[str, Any]:
    (line,) = rows(result.lines.frame, validator_key=validator, kind=kind)
    return line


def test_weights__positions_do_not_sum_to_the_stake__line_partial_without_amount() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, method=Method.STAKE_WEIGHT)]}, {"a": ["mine"]})
    stake = stake_frames(ACCOUNTS, totals={"V1": 5})
    result = compute(pnl_frame({"V1": {TIPS: 100}, "V2": {TIPS: 100}}), agreed, stake)
    line = _line(result)
    assert (line["base"], line["final"], line["state"]) == (None, None, "partial")
    assert line["reason"] == "positions on V1 sum to 4, its active stake is 5"
    assert (_line(result, "V2")["final"], _line(result, "V2")["state"]) == (10, "final")
    (part,) = rows(result.allocation.frame, validator_key="V1", component="MEV_TIPS")
    assert (part["party"], part["amount"], part["reason"]) == ("UNKNOWN", 100, "not known yet what it claims: a/r")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (pl.col("validator_key") != "V1", "canonical_stake_positions has no row for V1"),
        ((pl.col("row_kind") == "VALIDATOR") | (pl.col("account_key") != "s2"), "positions on V1 sum to 1"),
    ],
)
def test_weights__positions_left_out__not_trusted(change: pl.Expr, words: str) -> None:
    positions, rewards = stake_frames(ACCOUNTS)
    agreed = terms({"a": [rule("r", TIPS, 1000, method=Method.STAKE_WEIGHT)]}, {"a": ["mine"]})
    result = compute(pnl_frame({"V1": {TIPS: 100}}), agreed, (positions.filter(change), rewards))
    assert words in _line(result)["reason"]
    assert _line(result)["final"] is None


def test_weights__positions_pending__line_is_as_pending_as_they_are() -> None:
    positions, rewards = stake_frames(ACCOUNTS)
    pending = positions.with_columns(
        state=pl.when(pl.col("row_kind") == "VALIDATOR").then(pl.lit("pending")).otherwise("state"),
        reason=pl.lit("node is down"),
    )
    agreed = terms({"a": [rule("r", TIPS, 1000, method=Method.STAKE_WEIGHT)]}, {"a": ["mine"]})
    line = _line(compute(pnl_frame({"V1": {TIPS: 100}}), agreed, (pending, rewards)))
    assert (line["state"], line["reason"]) == ("pending", "stake on V1 is pending: node is down")


@pytest.mark.parametrize(
    ("accounts", "words"),
    [
        ([("s1", "mine", 1, 10), ("s2", None, 3, 0)], "stake or withdrawer of 1 accounts on V1 is not known"),
        ([("s1", "mine", 1, 10), ("s2", None, 0, 30)], "stake or withdrawer of 1 accounts on V1 is not known"),
    ],
)
def test_weights__withdrawer_not_known__not_trusted(accounts: list[Any], words: str) -> None:
    agreed = terms({"a": [rule("r", REWARDS, 1000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: 100}}), agreed, stake_frames({"V1": accounts})))
    assert (line["final"], line["reason"]) == (None, words)


def _rewards(change: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    positions, rewards = stake_frames(ACCOUNTS)
    is_validator = pl.col("row_kind") == "VALIDATOR"
    match change:
        case "pending":
            rewards = rewards.with_columns(
                stakers_state=pl.when(is_validator).then(pl.lit("pending")), stakers_reason=pl.lit("node is down")
            )
        case "no row":
            rewards = rewards.filter(pl.col("validator_key") != "V1")
        case "account left out":
            rewards = rewards.filter(pl.col("account_key") != "s2")
        case "null reward":
            amount = pl.when(pl.col("account_key") != "s1").then("staker_rewards")
            rewards = rewards.with_columns(amount.alias("staker_rewards"))
        case "stranger":
            positions = positions.filter(pl.col("account_key") != "s2").with_columns(
                active_stake=pl.when(is_validator & (pl.col("validator_key") == "V1"))
                .then(pl.lit(1))
                .otherwise("active_stake")
                .cast(pl.Decimal(38, 0))
            )
        case "other sum":
            rewards = rewards.with_columns(
                staker_rewards=pl.when(is_validator)
                .then(pl.lit(41))
                .otherwise("staker_rewards")
                .cast(pl.Decimal(38, 0))
            )
    return positions, rewards


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("pending", "staker rewards of V1 are pending: node is down"),
        ("no row", "canonical_stake_rewards has no row for V1"),
        ("account left out", "rewards or withdrawer of 1 accounts on V1 are not known"),
        ("null reward", "rewards or withdrawer of 1 accounts on V1 are not known"),
        ("stranger", "rewards or withdrawer of 1 accounts on V1 are not known"),
        ("other sum", "accounts on V1 received 40, all its stakers together 41"),
    ],
)
def test_client_revenue__rewards_not_all_known__line_without_amount_that_says_why(change: str, words: str) -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: 100}}), agreed, _rewards(change)))
    assert (line["base"], line["final"], line["reason"]) == (None, None, words)


def test_client_revenue__commission__by_staker_rewards_not_stake() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 10_000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    stake = stake_frames({"V1": [("s1", "mine", 1, 30), ("s2", "other", 3, 10)]})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: 100}}), agreed, stake))
    assert (line["final"], line["weighted_by"], line["weight"], line["weight_whole"]) == (75, "STAKER_REWARDS", 30, 40)


def test_client_revenue__no_staker_earned__by_active_stake() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 10_000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    stake = stake_frames({"V1": [("s1", "mine", 1, 0), ("s2", "other", 3, 0)]})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: 100}}), agreed, stake))
    assert (line["final"], line["weighted_by"]) == (25, "ACTIVE_STAKE")


@pytest.mark.parametrize("component", [FEES, TIPS])
def test_client_revenue__fees_and_tips__as_stake_weight_and_the_line_says_so(component: Component) -> None:
    agreed = terms({"a": [rule("r", component, 10_000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    line = _line(compute(pnl_frame({"V1": {component: 100}}), agreed, stake_frames(ACCOUNTS)))
    assert (line["final"], line["weighted_by"], line["state"]) == (25, "ACTIVE_STAKE", "final")
    assert line["reason"] == f"{component} is not known per wallet: attributed by active stake"


def test_client_revenue__funding_component_missing__amount_known_but_partial() -> None:
    agreed = terms({"a": [rule("r", REWARDS, 1000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    pnl = pnl_frame({"V1": {COMMISSION: None, REWARDS: None}})
    result = compute(pnl, agreed, stake_frames(ACCOUNTS))
    assert (_line(result)["final"], _line(result)["state"]) == (1, "partial")
    assert _line(result)["reason"] == "paid from COMMISSION is pending: not answered yet"
    (part,) = rows(result.allocation.frame, component="COMMISSION")
    assert (part["party"], part["amount"]) == ("UNKNOWN", None)


def test_stake_weight__no_stake_at_all__base_0() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, method=Method.STAKE_WEIGHT)]}, {"a": ["mine"]})
    line = _line(compute(pnl_frame({"V1": {TIPS: 100}}), agreed, stake_frames({"V1": []})))
    assert (line["base"], line["final"], line["state"]) == (0, 0, "final")
    assert formula(line) == "base = 0: no ACTIVE_STAKE; floor(0 x 1000 / 10000) = 0"


def test_wallet__of_two_partners_at_one_instant__refused() -> None:
    wallets = [PartnerWallet("w", "p"), PartnerWallet("w", "q")]
    with pytest.raises(AuroraError, match="wallet w belongs to p and to q at the same instant"):
        attribute(*stake_frames(ACCOUNTS), wallets, False)


@pytest.mark.parametrize(
    "more",
    [
        {"tiers": graduated((100, 1000), (None, 2000))},
        {"tiers": volume((100, 1000), (None, 2000))},
        {"cap": per_period(5)},
        {"cap": per_month(5)},
    ],
)
def test_rule_over_all_validators__one_base_missing__all_its_lines_partial_and_name_it(more: dict[str, Any]) -> None:
    flat = None if "tiers" in more else 1000
    agreed = terms({"a": [rule("r", TIPS, flat, **more)], "b": [rule("flat", TIPS, 100)]})
    result = compute(pnl_frame({"V1": {TIPS: None}, "V2": {TIPS: 50}}), agreed)
    mine, other = (rows(result.lines.frame, agreement_id=key, validator_key="V2", kind="LINE")[0] for key in "ab")
    assert (mine["computed"], mine["state"]) == (5, "partial")
    assert mine["reason"] == "MEV_TIPS base of V1 is not known"
    assert (other["final"], other["state"], other["reason"]) == (0, "final", None)
    total = rows(result.results.frame, agreement_id="a")[0]
    assert (total["missing_count"], total["base"], total["state"], total["final"]) == (1, 50, "partial", None)


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (
            WindowStart(bases=Amount(7), missing="849 lacks it"),
            {"tiers": graduated((None, 1000), metric=Metric.LIFETIME)},
        ),
        (WindowStart(month_computed=Amount(7), month_missing="849 lacks it"), {"cap": per_month(9)}),
    ],
)
def test_window__earlier_period_was_partial__later_lines_are_too_and_name_it(start: WindowStart, more: Any) -> None:
    agreed = terms({"a": [rule("r", TIPS, None if "tiers" in more else 1000, **more)]})
    result = compute(pnl_frame({"V1": {TIPS: 50}}), agreed, windows=WindowInputs({("a", "r"): start}))
    assert (_line(result)["computed"], _line(result)["state"], _line(result)["reason"]) == (
        5,
        "partial",
        "849 lacks it",
    )
    assert (rows(result.results.frame)[0]["state"], rows(result.results.frame)[0]["reason"]) == (
        "partial",
        "849 lacks it",
    )


@pytest.mark.parametrize(
    "more",
    [{"tiers": graduated((None, 1000))}, {"tiers": volume((None, 1000))}, {"cap": per_period(9)}, {}],
)
def test_window__of_no_concern_to_the_rule__lines_final(more: dict[str, Any]) -> None:
    start = WindowStart(Amount(7), Amount(7), "849 lacks it", "849 lacks it")
    agreed = terms({"a": [rule("r", TIPS, None if "tiers" in more else 1000, **more)]})
    result = compute(pnl_frame({"V1": {TIPS: 50}}), agreed, windows=WindowInputs({("a", "r"): start}))
    assert (_line(result)["final"], _line(result)["state"]) == (5, "final")


def test_floor__a_base_missing__top_up_null_and_flat_lines_final() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, floor=per_period(50))]})
    result = compute(pnl_frame({"V1": {TIPS: None}, "V2": {TIPS: 50}}), agreed)
    top_up = _line(result, "", "FLOOR_TOP_UP")
    assert (top_up["computed"], top_up["final"], top_up["state"]) == (None, None, "partial")
    assert "MEV_TIPS is pending" in top_up["reason"]
    assert _line(result, "V2")["state"] == "final"
    assert rows(result.allocation.frame, component=OPERATOR_GUARANTEE)[0]["amount"] is None


@pytest.mark.parametrize(("known", "final"), [({}, None), ({"vote_fees": 30}, 7)])
def test_net__cost_not_final__line_partial_that_names_it(known: dict[str, int], final: int | None) -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, basis=Basis.NET), rule("t", TIPS, 1000, basis=Basis.NET)]})
    pnl = pnl_frame(
        {"V1": {COMMISSION: 100, TIPS: 100}},
        costs={"V1": known},
        cost_states={"V1": {"vote_fees": "partial"}},
    )
    result = compute(pnl, agreed)
    line, tips = (rows(result.lines.frame, rule_key=key)[0] for key in ("r", "t"))
    assert (line["final"], line["state"], line["reason"]) == (final, "partial", "VOTE_FEES is partial")
    assert (tips["final"], tips["state"]) == (10, "final")


def test_carried_loss__figure_missing__balance_does_not_move() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, basis=Basis.NET, carry_losses=True)]})
    carried = WindowInputs(losses={("a", "r", "V1"): LossBalance(Amount(70))})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: None}}), agreed, windows=carried))
    assert (line["loss_before"], line["loss_after"], line["final"], line["state"]) == (70, 70, None, "pending")


def test_carried_loss__earlier_period_was_partial__line_partial() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, basis=Basis.NET, carry_losses=True)]})
    carried = WindowInputs(losses={("a", "r", "V1"): LossBalance(Amount(70), "849 lacks it")})
    line = _line(compute(pnl_frame({"V1": {COMMISSION: 100}}), agreed, windows=carried))
    assert (line["final"], line["state"]) == (3, "partial")
    assert line["reason"] == "the loss carried into the period: 849 lacks it"


def test_introduced_stake__decides_the_tier_of_the_whole_base() -> None:
    tiers = volume((5, 1000), (None, 2000), metric=Metric.INTRODUCED_STAKE)
    agreed = terms({"a": [rule("r", TIPS, None, tiers=tiers)]}, {"a": ["mine"]})
    pnl = pnl_frame({"V1": {TIPS: 100}, "V2": {TIPS: 100}})
    high = compute(pnl, agreed, stake_frames(ACCOUNTS))
    assert [line["final"] for line in rows(high.lines.frame)] == [20, 20]
    low = compute(pnl, agreed, stake_frames({**ACCOUNTS, "V2": [("s3", "mine", 4, 0)]}))
    assert [line["final"] for line in rows(low.lines.frame)] == [10, 10]
    assert rows(low.results.frame)[0]["metric_end"] == 5


def test_introduced_stake__not_known_on_one_validator__counts_0_and_lines_are_partial() -> None:
    tiers = volume((5, 1000), (None, 2000), metric=Metric.INTRODUCED_STAKE)
    agreed = terms({"a": [rule("r", TIPS, None, tiers=tiers)]}, {"a": ["mine"]})
    pnl = pnl_frame({"V1": {TIPS: 100}, "V2": {TIPS: 100}})
    result = compute(pnl, agreed, stake_frames(ACCOUNTS, totals={"V2": 9}))
    assert [(line["final"], line["state"]) for line in rows(result.lines.frame)] == [(10, "partial")] * 2
    assert _line(result)["reason"] == "the introduced stake on V2 is not known"


def test_held__more_rules_than_a_line_names__all_named_on_the_part_only() -> None:
    agreed = terms({f"a{number:02d}": [rule("r", TIPS, 2000)] for number in range(12)})
    result = compute(pnl_frame({"V1": {TIPS: 1000}}), agreed)
    (part,) = rows(result.allocation.frame, party="HELD")
    assert all(f"a{number:02d}/r claims 200" in part["reason"] for number in range(12))
    reason = rows(result.lines.frame)[0]["reason"]
    assert reason.endswith("a07/r claims 200 and 4 more, all named on its part in revenue_allocation")
    assert len(reason) < len(part["reason"])


def test_held__wallet_lines__only_those_with_a_claim() -> None:
    agreed = terms(
        {
            "a": [rule("r", TIPS, 10_000, method=Method.STAKE_WEIGHT, wallet_attribution=True)],
            "b": [rule("s", TIPS, 1)],
        },
        {"a": ["w1", "w2"]},
    )
    stake = stake_frames({"V1": [("s1", "w1", 5, 0), ("s2", "w2", 0, 0)]})
    result = compute(pnl_frame({"V1": {TIPS: 10_000}}), agreed, stake)
    found = {(line["agreement_id"], line["wallet_address"]): line["held"] for line in rows(result.lines.frame)}
    assert found == {("a", "w1"): True, ("a", "w2"): False, ("b", ""): True}


def test_wallet_lines__partner_has_no_position_there__the_validators_own_line_stays() -> None:
    agreed = terms({"a": [rule("r", TIPS, 100, method=Method.STAKE_WEIGHT, wallet_attribution=True)]}, {"a": ["w9"]})
    line = _line(compute(pnl_frame({"V1": {TIPS: 100}}), agreed, stake_frames(ACCOUNTS)))
    assert (line["wallet_address"], line["final"]) == ("", 0)


def test_weights__asked_for_without_any_positions__line_says_so() -> None:
    agreed = terms({"a": [rule("r", TIPS, 100, method=Method.STAKE_WEIGHT)]})
    line = _line(compute(pnl_frame({"V1": {TIPS: 100}}), agreed, NO_STAKE))
    assert (line["state"], line["reason"]) == ("unavailable", "canonical_stake_positions has no row for V1")


def test_client_revenue__funding_component_known_in_part__line_partial() -> None:
    agreed = terms({"a": [rule("r", REWARDS, 1000, method=Method.CLIENT_REVENUE)]}, {"a": ["mine"]})
    pnl = pnl_frame({"V1": {COMMISSION: 100}}).with_columns(
        commission_state=pl.lit("partial"), commission_reason=pl.lit("a collector is not known")
    )
    line = _line(compute(pnl, agreed, stake_frames(ACCOUNTS)))
    assert (line["final"], line["state"]) == (1, "partial")
    assert line["reason"] == "paid from COMMISSION is partial: a collector is not known"


def test_rule_result__flat_rule_with_a_missing_base__names_it() -> None:
    result = compute(pnl_frame({"V1": {TIPS: None}}), terms({"a": [rule("r", TIPS, 1000)]}))
    (total,) = rows(result.results.frame)
    assert (total["state"], total["reason"]) == ("partial", "MEV_TIPS is pending: not answered yet")
