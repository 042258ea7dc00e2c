"""Commission lines: which rules pay, how much, what is missing, what is held, and that every unit is accounted for."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from aurora_pipeline.commissions.compute import Commissions, commission_lines
from aurora_pipeline.commissions.formula import formula
from aurora_pipeline.commissions.gates.grounds import LINES, REVENUES
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.revenue import Revenue, revenues
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.digests import Input, content_digest
from aurora_pipeline.store.drafts import Draft, DraftStanding
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Grounds
from aurora_pipeline_tests.commissions.conftest import CHAIN, EPOCH, NO_STAKE, compute, pnl_frame, rule, terms
from aurora_pipeline_tests.gated import broken, write_check_publish

FEES, TIPS, REWARDS, COMMISSION = Component


def _lines(result: Commissions) -> list[dict[str, Any]]:
    return result.lines.frame.to_dicts()


def _parts(result: Commissions, validator: str, component: Component) -> list[tuple[str, int | None]]:
    rows = result.allocation.frame.filter(
        (pl.col("validator_key") == validator) & (pl.col("component") == component.value)
    ).to_dicts()
    return [(row["party"], None if row["amount"] is None else int(row["amount"])) for row in rows]


def test_commission_lines__worked_figure_of_the_specification__to_the_unit() -> None:
    """Validator ABC, epoch 850: FIXED_SHARE 5 % of 0.8 SOL of tips; the operator keeps 0.76 SOL."""
    result = compute(pnl_frame({"ABC": {TIPS: 800_000_000}}), terms({"a": [rule("tips", TIPS, 500)]}))
    (line,) = _lines(result)
    assert (line["base"], line["computed"], line["final"]) == (800_000_000, 40_000_000, 40_000_000)
    assert _parts(result, "ABC", TIPS) == [("LINE", 40_000_000), ("OPERATOR", 760_000_000)]
    assert formula(line) == "floor(800000000 x 500 / 10000) = 40000000"


def test_commission_lines__amount_of_32_eth_in_wei__exact() -> None:
    result = compute(pnl_frame({"V": {TIPS: 32 * 10**18}}), terms({"a": [rule("tips", TIPS, 5)]}))
    assert int(_lines(result)[0]["final"]) == 16_000_000_000_000_000


@pytest.mark.parametrize(
    ("rules", "paying"),
    [
        ([rule("all", TIPS, 100), rule("v", TIPS, 200, "V1")], ["all"]),
        ([rule("v", TIPS, 200, "V1"), rule("all", TIPS, 100)], ["v"]),
        ([rule("all", TIPS, 100), rule("v", TIPS, 200, "V1", stacks=True)], ["all", "v"]),
        ([rule("v", TIPS, 200, "V1", stacks=True), rule("all", TIPS, 100)], ["v", "all"]),
        ([rule("x", TIPS, 1, stacks=True), rule("y", TIPS, 2, stacks=True)], ["x", "y"]),
        ([rule("zero", TIPS, 0), rule("all", TIPS, 100)], ["zero"]),
        ([rule("fees", FEES, 100), rule("all", TIPS, 100)], ["fees", "all"]),
        ([rule("glob", TIPS, 100, "V[12]"), rule("all", TIPS, 100)], ["glob"]),
        ([rule("glob", TIPS, 100, "v*"), rule("all", TIPS, 100)], ["all"]),
        ([rule("prefix", TIPS, 100, "V"), rule("all", TIPS, 100)], ["all"]),
        ([rule("chain", TIPS, 100, chain_id="other"), rule("all", TIPS, 100)], ["all"]),
    ],
)
def test_commission_lines__several_rules__the_first_match_and_every_stacking_one_pay(
    rules: list[Any], paying: list[str]
) -> None:
    result = compute(pnl_frame({"V1": {TIPS: 10_000, FEES: 10_000}}), terms({"a": rules}))
    assert [line["rule_key"] for line in _lines(result)] == paying


def test_commission_lines__zero_base__still_uses_the_rule_up() -> None:
    agreed = terms({"a": [rule("v", TIPS, 200, "V1"), rule("all", TIPS, 100)]})
    (line,) = _lines(compute(pnl_frame({"V1": {}}), agreed))
    assert (line["rule_key"], line["final"], line["state"]) == ("v", 0, "final")


@pytest.mark.parametrize("state", ["pending", "unavailable"])
def test_commission_lines__component_missing__line_without_amount_that_names_it(state: str) -> None:
    pnl = pnl_frame({"V1": {TIPS: None, FEES: 100}, "V2": {TIPS: 1000}}, state=state, why="kobe is down")
    result = compute(pnl, terms({"a": [rule("tips", TIPS, 1000)]}))
    first, second = _lines(result)
    assert [first[name] for name in ("base", "computed", "final")] == [None, None, None]
    assert (first["state"], first["reason"]) == (state, f"MEV_TIPS is {state}: kobe is down")
    assert (second["final"], second["state"]) == (100, "final")
    assert formula(first) == f"floor(MEV_TIPS x 1000 / 10000): MEV_TIPS is {state}: kobe is down"
    assert _parts(result, "V1", TIPS) == [("UNKNOWN", None)]
    assert _parts(result, "V1", FEES) == [("OPERATOR", 100)]
    assert (result.lines.completeness, result.allocation.completeness) == (Completeness.PARTIAL, Completeness.PARTIAL)


def test_commission_lines__missing_component_nobody_shares__lines_are_final() -> None:
    result = compute(pnl_frame({"V1": {TIPS: None, FEES: 100}}), terms({"a": [rule("fees", FEES, 1000)]}))
    assert (result.lines.completeness, result.allocation.completeness) == (Completeness.FINAL, Completeness.PARTIAL)


def test_commission_lines__over_claim__every_positive_claim_there_is_held_and_named() -> None:
    agreed = terms(
        {
            "a": [rule("mine", TIPS, 6000, "V1"), rule("others", TIPS, 6000)],
            "b": [rule("half", TIPS, 4001, "V1")],
            "c": [rule("nothing", TIPS, 0), rule("fees", FEES, 1000)],
        }
    )
    result = compute(pnl_frame({"V1": {TIPS: 10_000, FEES: 50}, "V2": {TIPS: 10_000}}), agreed)
    held = {(line["agreement_id"], line["rule_key"]): line for line in _lines(result) if line["held"]}
    assert held.keys() == {("a", "mine"), ("b", "half")}
    words = "HELD: MEV_TIPS of V1 is 10000, 10001 is claimed: a/mine claims 6000, b/half claims 4001"
    assert {line["reason"] for line in held.values()} == {words}
    assert result.lines.warnings == (words,)
    assert held["b", "half"]["final"] == 4001
    assert _parts(result, "V1", TIPS) == [("HELD", 10_000)]
    assert sorted(_parts(result, "V2", TIPS)) == [("LINE", 0), ("LINE", 6000), ("OPERATOR", 4000)]
    assert _parts(result, "V1", FEES) == [("LINE", 5), ("OPERATOR", 45)]
    assert formula(held["a", "mine"]).endswith("= 6000, held")
    assert result.lines.completeness is Completeness.FINAL


def test_commission_lines__claims_of_exactly_the_component__paid() -> None:
    agreed = terms({"a": [rule("r", TIPS, 6000)], "b": [rule("r", TIPS, 4000)]})
    result = compute(pnl_frame({"V1": {TIPS: 10_000}}), agreed)
    assert sorted(_parts(result, "V1", TIPS)) == [("LINE", 4000), ("LINE", 6000), ("OPERATOR", 0)]


def test_commission_lines__rates_above_the_whole_that_floor_below_it__paid() -> None:
    """What counts is what is claimed, not what could be: 5001 + 5000 bps of 1 unit claim nothing."""
    agreed = terms({"a": [rule("r", TIPS, 5001)], "b": [rule("r", TIPS, 5000)]})
    result = compute(pnl_frame({"V1": {TIPS: 1}}), agreed)
    assert not any(line["held"] for line in _lines(result))


def test_commission_lines__stacking_within_one_agreement_above_the_whole__held_too() -> None:
    agreed = terms({"a": [rule("x", TIPS, 6000, stacks=True), rule("y", TIPS, 6000)]})
    assert [line["held"] for line in _lines(compute(pnl_frame({"V1": {TIPS: 10}}), agreed))] == [True, True]


def test_commission_lines__rule_that_finds_no_validator__warned() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1, "W1"), rule("g", TIPS, 1, "W*"), rule("v", TIPS, 1, "V1")]})
    warnings = compute(pnl_frame({"V1": {TIPS: 10}}), agreed).lines.warnings
    assert ["a/r names W1" in warnings[0], "a/g matches W*" in warnings[1], len(warnings)] == [True, True, 2]


def test_commission_lines__no_agreements__no_lines_and_the_operator_keeps_everything() -> None:
    result = compute(pnl_frame({"V1": {TIPS: 10}}), terms({}))
    assert _lines(result) == []
    assert _parts(result, "V1", TIPS) == [("OPERATOR", 10)]
    assert result.lines.completeness is Completeness.FINAL


def test_commission_lines__final_component_without_amount__violation() -> None:
    pnl = pnl_frame({"V1": {TIPS: None}}, state="final")
    result = commission_lines(CHAIN, EPOCH, pnl, *NO_STAKE, terms({}))
    assert broken(result.lines) == ("V1: MEV_TIPS is final but has no amount",)


def test_commission_lines__rows_in_another_order__same_content_digest() -> None:
    pnl = pnl_frame({f"V{number}": {TIPS: number * 7, FEES: number} for number in range(20)})
    agreed = terms({"a": [rule("r", TIPS, 3333)], "b": [rule("s", FEES, 10_000)]})
    forward, backward = compute(pnl, agreed), compute(pnl.reverse(), agreed)
    for table, one, other in (
        (PARTNER_COMMISSION_LINES, forward.lines, backward.lines),
        (REVENUE_ALLOCATION, forward.allocation, backward.allocation),
    ):
        with_salt = [layer.frame.with_columns(salt=pl.lit("0" * 64)) for layer in (one, other)]
        assert content_digest(table, with_salt[0]) == content_digest(table, with_salt[1])


def test_line_id__golden__never_changes() -> None:
    golden = "445bb452-57ee-5730-b770-a01770d5b03b"
    assert line_id("acme-2026", "tips", "V1", "", CHAIN, EPOCH, "LINE") == golden


def test_line_id__fields_shifted_into_each_other__different_ids() -> None:
    assert line_id("a", "b", "cd", "", CHAIN, EpochNumber(1), "LINE") != line_id(
        "a", "b", "c", "d", CHAIN, EpochNumber(1), "LINE"
    )


def allocation_violations(available: list[Revenue], lines: pl.DataFrame, allocation: pl.DataFrame) -> list[str]:
    """What the gate says of an allocation."""
    grounds: Grounds = {REVENUES: available, LINES: lines}
    return list(broken(LayerResult(REVENUE_ALLOCATION, allocation, Completeness.FINAL, grounds)))


@pytest.mark.parametrize(
    "change",
    [
        pl.when(pl.col("party") == "OPERATOR").then(pl.col("amount") + 1).otherwise(pl.col("amount")),
        pl.when(pl.col("party") == "LINE").then(pl.col("amount") - 1).otherwise(pl.col("amount")),
    ],
)
def test_allocation_violations__a_unit_too_many_or_too_few__found(change: pl.Expr) -> None:
    pnl = pnl_frame({"V1": {TIPS: 10_000}})
    result = compute(pnl, terms({"a": [rule("r", TIPS, 500)]}))
    changed = result.allocation.frame.with_columns(change.cast(pl.Decimal(38, 0)).alias("amount"))
    found = allocation_violations(revenues(pnl), result.lines.frame, changed)
    assert any("MEV_TIPS of V1 is 10000, but its parts are" in problem for problem in found)


def test_allocation_violations__line_and_operator_swapped_amounts__found_although_the_sum_holds() -> None:
    pnl = pnl_frame({"V1": {TIPS: 10_000}})
    result = compute(pnl, terms({"a": [rule("r", TIPS, 500)]}))
    rows = result.allocation.frame.to_dicts()
    tips = [row for row in rows if row["component"] == "MEV_TIPS"]
    tips[0]["amount"], tips[1]["amount"] = tips[1]["amount"], tips[0]["amount"]
    exact = [{**row, "amount": int(row["amount"])} for row in rows]
    found = allocation_violations(revenues(pnl), result.lines.frame, frame_of(REVENUE_ALLOCATION, exact))
    assert [problem.split(" ", 2)[2] for problem in found] == ["pays 500, but its part is 9500"]


def test_allocation_violations__part_left_out__found() -> None:
    pnl = pnl_frame({"V1": {TIPS: 0}})
    result = compute(pnl, terms({}))
    lacking = result.allocation.frame.filter(pl.col("component") != "MEV_TIPS")
    assert allocation_violations(revenues(pnl), result.lines.frame, lacking) == [
        "MEV_TIPS of V1 is 0, but its parts are []"
    ]


def test_commission_lines__written_and_published__both_layers_or_none(database: Database) -> None:
    result = compute(pnl_frame({"V1": {TIPS: 10**30, FEES: None}}), terms({"a": [rule("r", TIPS, 500)]}))
    source = (Input("snapshot", "validator_pnl", "0" * 64),)
    drafts = [
        Draft(
            table,
            PeriodKey(CHAIN, EPOCH),
            layer.frame,
            source,
            layer.completeness,
            layer.grounds,
            layer.warnings,
        )
        for table, layer in (
            (PARTNER_COMMISSION_LINES, result.lines),
            (REVENUE_ALLOCATION, result.allocation),
        )
    ]
    first = write_check_publish(database, drafts)
    assert [outcome.standing for outcome in first] == [DraftStanding.PUBLISHED, DraftStanding.PUBLISHED]
    assert [outcome.standing for outcome in write_check_publish(database, drafts)] == [DraftStanding.UNCHANGED] * 2


def test_allocation_violations__unknown_component_divided__found() -> None:
    unknown, known = pnl_frame({"V1": {TIPS: None}}), pnl_frame({"V1": {TIPS: 5}})
    result = compute(known, terms({}))
    assert allocation_violations(revenues(unknown), result.lines.frame, result.allocation.frame) == [
        "MEV_TIPS of V1 is not known, but is divided into [5]"
    ]


def test_allocation_violations__parts_of_a_validator_without_revenue__found() -> None:
    both, one = pnl_frame({"V1": {}, "V2": {}}), pnl_frame({"V1": {}})
    result = compute(both, terms({}))
    found = allocation_violations(revenues(one), result.lines.frame, result.allocation.frame)
    assert found == [f"{component} of V2 is divided, but has no P&L" for component in Component]


@pytest.mark.parametrize(
    ("half", "words"),
    [
        (3000, "is held, though its component can pay"),
        (4001, "is not held, though its component is over-claimed"),
    ],
)
def test_allocation_violations__line_held_or_not_against_its_component__found(half: int, words: str) -> None:
    pnl = pnl_frame({"V1": {TIPS: 10_000}})
    result = compute(pnl, terms({"a": [rule("r", TIPS, 6000)], "b": [rule("half", TIPS, half)]}))
    lines = result.lines.frame
    assert allocation_violations(revenues(pnl), lines, result.allocation.frame) == []
    (line,) = lines.filter(pl.col("agreement_id") == "b")["line_id"]
    turned = lines.with_columns(held=pl.col("held") ^ (pl.col("line_id") == line))
    assert f"line {line} {words}" in allocation_violations(revenues(pnl), turned, result.allocation.frame)


def test_allocation_violations__lines_whose_payee_has_no_part__found() -> None:
    pnl = pnl_frame({"V1": {TIPS: 10_000}})
    result = compute(pnl, terms({"a": [rule("r", TIPS, 6000)], "b": [rule("r", TIPS, 1000)]}))
    parts = result.allocation.frame
    # The operator keeps what partner b is to get: the component still adds up.
    moved = parts.filter(pl.col("partner_id").ne_missing("p-b")).with_columns(
        amount=pl.when((pl.col("party") == "OPERATOR") & (pl.col("component") == TIPS.value))
        .then(pl.col("amount") + 1000)
        .otherwise(pl.col("amount"))
    )
    (line,) = result.lines.frame.filter(pl.col("agreement_id") == "b")["line_id"]
    found = allocation_violations(revenues(pnl), result.lines.frame, moved)
    assert found == [f"line {line} pays 1000, but its part is None"]
    without = result.lines.frame.filter(pl.col("agreement_id") == "a")
    found = allocation_violations(revenues(pnl), without, parts)
    assert found == [f"line {line} pays None, but its part is 1000"]
