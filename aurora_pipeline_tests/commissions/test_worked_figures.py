"""The worked figures of the specification, and the line of arithmetic each line carries."""

from __future__ import annotations

from typing import Any

import pytest

from aurora_pipeline.agreements.tables import Basis, Method, Metric, OverrideTarget
from aurora_pipeline.agreements.terms import Override
from aurora_pipeline.commissions.formula import formula
from aurora_pipeline.commissions.windows import LossBalance, WindowInputs, WindowStart, month_top_up
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline_tests.commissions.conftest import (
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
TWO_TIERS = ((100, 1000), (None, 2000))
SOL = 10**9


def _amounts(result: Any, column: str = "final", **wanted: Any) -> list[int | None]:
    return [line[column] for line in rows(result.lines.frame, **wanted)]


@pytest.mark.parametrize(("base", "amount"), [(100, 10), (101, 10), (105, 11), (0, 0)])
def test_graduated__period__as_worked(base: int, amount: int) -> None:
    agreed = terms({"a": [rule("r", TIPS, None, tiers=graduated(*TWO_TIERS))]})
    assert _amounts(compute(pnl_frame({"V": {TIPS: base}}), agreed)) == [amount]


@pytest.mark.parametrize(("base", "amount"), [(100, 10), (101, 20), (0, 0)])
def test_volume__period__as_worked(base: int, amount: int) -> None:
    agreed = terms({"a": [rule("r", TIPS, None, tiers=volume(*TWO_TIERS))]})
    assert _amounts(compute(pnl_frame({"V": {TIPS: base}}), agreed)) == [amount]


@pytest.mark.parametrize(("first", "paid"), [(60, (6, 5)), (40, (4, 4))])
def test_month_to_date__two_periods_and_a_restated_first__as_worked(first: int, paid: tuple[int, int]) -> None:
    agreed = terms({"a": [rule("r", TIPS, None, tiers=graduated(*TWO_TIERS, metric=Metric.MONTH_TO_DATE))]})
    one = compute(pnl_frame({"V": {TIPS: first}}), agreed)
    (total,) = rows(one.results.frame)
    assert (total["base"], total["metric_start"], total["metric_end"]) == (first, 0, first)
    windows = WindowInputs({("a", "r"): WindowStart(bases=total["base"])})
    two = compute(pnl_frame({"V": {TIPS: 45}}), agreed, windows=windows)
    assert (_amounts(one), _amounts(two)) == ([paid[0]], [paid[1]])


def test_month_to_date__formula__both_sums_and_what_they_start_from() -> None:
    agreed = terms({"a": [rule("r", TIPS, None, tiers=graduated(*TWO_TIERS, metric=Metric.MONTH_TO_DATE))]})
    windows = WindowInputs({("a", "r"): WindowStart(bases=Amount(60))})
    (line,) = rows(compute(pnl_frame({"V": {TIPS: 45}}), agreed, windows=windows).lines.frame)
    assert formula(line) == (
        "floor((100 x 1000 + 5 x 2000) / 10000) - floor(60 x 1000 / 10000) = 11 - 6 = 5, MONTH_TO_DATE from 60;"
        " 45 of 45 share 5 -> 5"
    )


def test_validator_abc__client_revenue_funded_by_commission_and_fixed_share_of_tips__as_worked() -> None:
    revenue = {FEES: 3 * SOL // 2, TIPS: 8 * SOL // 10, REWARDS: 2 * SOL, COMMISSION: SOL // 10}
    assert sum(revenue.values()) == 4_400_000_000
    agreed = terms(
        {"a": [rule("clients", REWARDS, 1000, method=Method.CLIENT_REVENUE), rule("tips", TIPS, 500)]},
        wallets={"a": ["client"]},
    )
    stake = stake_frames({"ABC": [("s1", "client", 100, SOL // 2), ("s2", "other", 300, 3 * SOL)]})
    result = compute(pnl_frame({"ABC": revenue}), agreed, stake)
    clients, tips = (rows(result.lines.frame, rule_key=key)[0] for key in ("clients", "tips"))
    assert (clients["base"], clients["final"], clients["funded_by"]) == (500_000_000, 50_000_000, "COMMISSION")
    assert (tips["final"], tips["funded_by"]) == (40_000_000, "MEV_TIPS")
    kept = {part["component"]: part["amount"] for part in rows(result.allocation.frame, party="OPERATOR")}
    assert (kept["COMMISSION"], kept["MEV_TIPS"], kept["VOTE_REWARDS"]) == (50_000_000, 760_000_000, 2 * SOL)
    assert formula(clients) == "base = 500000000 STAKER_REWARDS; floor(500000000 x 1000 / 10000) = 50000000"


def test_stake_weight__one_of_three__as_worked() -> None:
    agreed = terms({"a": [rule("r", TIPS, 500, method=Method.STAKE_WEIGHT)]}, {"a": ["mine"]})
    stake = stake_frames({"V": [("s1", "mine", 1, 0), ("s2", "other", 2, 0)]})
    (line,) = rows(compute(pnl_frame({"V": {TIPS: 800_000_000}}), agreed, stake).lines.frame)
    assert (line["base"], line["final"]) == (266_666_666, 13_333_333)
    assert formula(line) == ("base floor(800000000 x 1 / 3) = 266666666; floor(266666666 x 500 / 10000) = 13333333")


def test_wallet_lines__three_thirds__as_worked() -> None:
    agreed = terms(
        {"a": [rule("r", TIPS, 1000, method=Method.STAKE_WEIGHT, wallet_attribution=True)]}, {"a": ["w1", "w2", "w3"]}
    )
    stake = stake_frames({"V": [(f"s{number}", f"w{number}", 7, 0) for number in (3, 1, 2)]})
    lines = rows(compute(pnl_frame({"V": {TIPS: 100}}), agreed, stake).lines.frame)
    assert [(line["wallet_address"], line["final"]) for line in lines] == [("w1", 4), ("w2", 3), ("w3", 3)]
    assert formula(lines[0]) == "base floor(100 x 21 / 21) = 100; floor(100 x 1000 / 10000) = 10; 7 of 21 share 10 -> 4"


def test_cap__bases_7_and_8__nothing_to_cut() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, cap=per_period(1))]})
    result = compute(pnl_frame({"V1": {TIPS: 7}, "V2": {TIPS: 8}}), agreed)
    assert [(line["kind"], line["final"]) for line in rows(result.lines.frame)] == [("LINE", 0), ("LINE", 0)]


def test_cap__bases_70_and_80__cut_by_2_and_3() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, cap=per_period(10))]})
    result = compute(pnl_frame({"V1": {TIPS: 70}, "V2": {TIPS: 80}}), agreed)
    assert _amounts(result, kind="LINE") == [7, 8]
    assert _amounts(result, kind="CAP_REDUCTION") == [-2, -3]
    cut = rows(result.lines.frame, kind="CAP_REDUCTION", validator_key="V2")[0]
    assert formula(cut) == "min(10, 15) - 15 = -5; 8 of 15 share -5 -> -3"
    assert [part["amount"] for part in rows(result.allocation.frame, component="MEV_TIPS", party="LINE")] == [5, 5]


def test_share_of_32_eth_in_wei__exact() -> None:
    result = compute(pnl_frame({"V": {TIPS: 32 * 10**18}}), terms({"a": [rule("tips", TIPS, 5)]}))
    assert _amounts(result) == [16_000_000_000_000_000]


def test_floor__below_it__topped_up_by_the_operator_not_the_component() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, floor=per_period(50))]})
    result = compute(pnl_frame({"V1": {TIPS: 70}, "V2": {TIPS: 80}}), agreed)
    (top_up,) = rows(result.lines.frame, kind="FLOOR_TOP_UP")
    assert (top_up["final"], top_up["funded_by"], top_up["validator_key"]) == (35, "OPERATOR_GUARANTEE", "")
    assert formula(top_up) == "50 - 15 = 35"
    (guarantee,) = rows(result.allocation.frame, component="OPERATOR_GUARANTEE")
    assert (guarantee["amount"], guarantee["part_id"]) == (35, top_up["line_id"])
    assert [part["amount"] for part in rows(result.allocation.frame, component="MEV_TIPS", party="OPERATOR")] == [
        63,
        72,
    ]


def test_floor__no_base_at_all__nothing_topped_up() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, floor=per_period(50))]})
    assert _amounts(compute(pnl_frame({"V1": {}}), agreed)) == [0]


@pytest.mark.parametrize(
    ("base", "paid", "known", "expected"),
    [(10, 30, True, 20), (0, 0, True, 0), (9, 60, True, 0), (10, 30, False, None)],
)
def test_month_top_up__after_cuts__lifts_the_month_to_its_floor(
    base: int, paid: int, known: bool, expected: int | None
) -> None:
    assert month_top_up(per_month(50), Amount(base), Amount(paid), known) == expected


def test_month_cap__reached_within_the_period__pays_what_is_left_of_it() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, cap=per_month(20))]})
    windows = WindowInputs({("a", "r"): WindowStart(month_computed=Amount(12))})
    result = compute(pnl_frame({"V1": {TIPS: 150}}), agreed, windows=windows)
    assert sum(amount or 0 for amount in _amounts(result)) == 8
    (cut,) = rows(result.lines.frame, kind="CAP_REDUCTION")
    assert formula(cut) == "min(20, 27) - min(20, 12) - 15 = -7, MONTH from 12; 15 of 15 share -7 -> -7"


def test_carried_losses__three_periods__loss_offsets_later_profit_and_is_printed() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, basis=Basis.NET, carry_losses=True)]})
    carried: dict[tuple[str, str, str], LossBalance] = {}
    found = []
    for revenue in (40, 50, 300):
        pnl = pnl_frame({"V": {COMMISSION: revenue}}, costs={"V": {"vote_fees": 100, "infrastructure": 999}})
        (line,) = rows(compute(pnl, agreed, windows=WindowInputs(losses=carried)).lines.frame)
        carried = {("a", "r", "V"): LossBalance(line["loss_after"])}
        found.append((line["loss_before"], line["base"], line["loss_after"], line["final"]))
    assert found == [(0, 0, 60, 0), (60, 0, 110, 0), (110, 90, 0, 9)]
    assert formula(line) == "base max(0, 300 - 100 - 110) = 90; floor(90 x 1000 / 10000) = 9"


def test_net__loss_of_one_validator__does_not_offset_another() -> None:
    agreed = terms({"a": [rule("r", COMMISSION, 1000, basis=Basis.NET)]})
    pnl = pnl_frame({"V1": {COMMISSION: 10}, "V2": {COMMISSION: 300}}, costs={"V1": {"vote_fees": 100}})
    assert _amounts(compute(pnl, agreed)) == [0, 30]


def test_override__of_a_line__cut_becomes_0_and_the_operator_guarantees_what_is_above() -> None:
    capped = rule("r", TIPS, 1000, cap=per_period(10))
    override = Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(9), Amount(7))
    result = compute(pnl_frame({"V1": {TIPS: 70}, "V2": {TIPS: 80}}), terms({"a": [capped]}, overrides=[override]))
    assert [
        (line["kind"], line["computed"], line["final"]) for line in rows(result.lines.frame, validator_key="V1")
    ] == [
        ("LINE", 7, 9),
        ("CAP_REDUCTION", -2, 0),
    ]
    assert [part["amount"] for part in rows(result.allocation.frame, component="MEV_TIPS", party="LINE")] == [5, 5]
    (guarantee,) = rows(result.allocation.frame, component="OPERATOR_GUARANTEE")
    assert (guarantee["validator_key"], guarantee["amount"]) == ("V1", 4)
    assert rows(result.results.frame)[0]["final"] == 9 + 5
    assert result.lines.warnings == ()


def test_override__of_a_rule__total_shared_by_computed_amounts_and_clamps_become_0() -> None:
    clamped = rule("r", TIPS, 1000, cap=per_period(10), floor=per_period(10))
    override = Override(OverrideTarget.RULE, "a", "r", "", "", Amount(31), Amount(15))
    result = compute(pnl_frame({"V1": {TIPS: 70}, "V2": {TIPS: 80}}), terms({"a": [clamped]}, overrides=[override]))
    assert _amounts(result, kind="LINE") == [14, 17]
    assert _amounts(result, kind="CAP_REDUCTION") == [0, 0]
    assert rows(result.results.frame)[0]["final"] == 31


@pytest.mark.parametrize(
    "override",
    [
        Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(0), Amount(7)),
        Override(OverrideTarget.RULE, "a", "r", "", "", Amount(0), Amount(7)),
    ],
)
def test_override__of_zero__pays_nothing_and_the_operator_keeps_it(override: Override) -> None:
    result = compute(pnl_frame({"V1": {TIPS: 70}}), terms({"a": [rule("r", TIPS, 1000)]}, overrides=[override]))
    assert [(line["computed"], line["final"]) for line in rows(result.lines.frame)] == [(7, 0)]
    assert [part["amount"] for part in rows(result.allocation.frame, component="MEV_TIPS", party="OPERATOR")] == [70]
    assert result.lines.warnings == ()


def test_override__computed_amount_moved_or_target_gone__stale_and_unmet() -> None:
    agreed = terms(
        {"a": [rule("r", TIPS, 1000)]},
        overrides=[
            Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(9), Amount(6)),
            Override(OverrideTarget.LINE, "a", "r", "V9", "", Amount(9), Amount(6)),
            Override(OverrideTarget.RULE, "a", "gone", "", "", Amount(9), Amount(6)),
        ],
    )
    result = compute(pnl_frame({"V1": {TIPS: 70}}), agreed)
    assert {override.in_words for override in result.unmet_overrides} == {
        "the override of a/r V9",
        "the override of a/gone's total",
    }
    assert "the override of a/r V1 is stale: 6 was computed when it was decided, now 7 is" in result.lines.warnings


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            [Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(-1), Amount(7))],
            "the override of a/r V1 is negative",
        ),
        (
            [Override(OverrideTarget.RULE, "a", "r", "", "", Amount(amount), Amount(7)) for amount in (1, 2)],
            "a/r's total is given twice",
        ),
        (
            [Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(amount), Amount(7)) for amount in (1, 2)],
            "a/r V1 is given twice",
        ),
        (
            [Override(OverrideTarget.LINE, "a", "r", "V1", "", Amount(0), Amount(7)) for _ in range(2)],
            "a/r V1 is given twice",
        ),
    ],
)
def test_override__negative_or_given_twice__refused(overrides: list[Override], words: str) -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000)]}, overrides=overrides)
    with pytest.raises(AuroraError) as raised:
        compute(pnl_frame({"V1": {TIPS: 70}}), agreed)
    assert raised.value.message.endswith(words)


def test_overrides__without_a_target__named_in_their_order_whatever_order_they_come_in() -> None:
    lost = [
        Override(OverrideTarget.LINE, "a", "r", validator, "", Amount(1), Amount(7)) for validator in ("V3", "V2", "V4")
    ]
    result = compute(pnl_frame({"V1": {TIPS: 70}}), terms({"a": [rule("r", TIPS, 1000)]}, overrides=lost))
    assert [override.validator_key for override in result.unmet_overrides] == ["V2", "V3", "V4"]


def test_month_cap__first_period_of_the_month__formula_starts_from_0() -> None:
    agreed = terms({"a": [rule("r", TIPS, 1000, cap=per_month(10))]})
    (cut,) = rows(compute(pnl_frame({"V1": {TIPS: 150}}), agreed).lines.frame, kind="CAP_REDUCTION")
    assert formula(cut) == "min(10, 15) - min(10, 0) - 15 = -5, MONTH from 0; 15 of 15 share -5 -> -5"
