"""Overrides without a target block the statement they were meant for, and no other."""

from __future__ import annotations

import pytest

from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.terms import Override, Partner
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.statements.assemble import epoch_statements
from aurora_pipeline.statements.blocking import without_target
from aurora_pipeline_tests.commissions.conftest import per_period, rule, terms
from aurora_pipeline_tests.statements.test_epoch_statements import FEES, PERIOD, TIPS, _rows, _salted_lines

LINE, RULE = OverrideTarget.LINE, OverrideTarget.RULE


def override(target: OverrideTarget, agreement: str, validator: str = "", wallet: str = "") -> Override:
    return Override(target, agreement, "tips", validator, wallet, Amount(5), Amount(5))


@pytest.mark.parametrize(
    ("one", "is_met"),
    [
        (override(LINE, "a", "V1"), True),
        (override(LINE, "a", "V2"), False),
        (override(LINE, "a", "V1", "W"), False),
        (override(RULE, "a"), True),
        (override(RULE, "b"), False),
    ],
)
def test_without_target__by_business_key__found_or_not(one: Override, is_met: bool) -> None:
    lines = _salted_lines({"V1": {TIPS: 100}}, terms({"a": [rule("tips", TIPS, 1000)], "b": [rule("fees", FEES, 1)]}))
    assert without_target([one], lines) == ([] if is_met else [one])


def test_epoch_statements__override_without_target__blocks_its_partner_only() -> None:
    agreed = terms(
        {"a": [rule("tips", TIPS, 1000)], "b": [rule("tips", TIPS, 500)]}, overrides=[override(LINE, "a", "V9")]
    )
    owners = {partner.partner_id.removeprefix("p-"): partner for partner in agreed.partners}
    rows = _rows(epoch_statements(PERIOD, _salted_lines({"V1": {TIPS: 100}}, agreed), agreed, owners))
    blocked, free = rows["p-a"], rows["p-b"]
    assert (blocked["blocked_count"], blocked["lines_total"], int(blocked["known_total"])) == (1, None, 10)
    assert (blocked["state"], blocked["reason"]) == (
        "partial",
        "blocked: the override of a/tips V9 has no target; `aurora overrides list` tells by which name to withdraw it",
    )
    assert (free["blocked_count"], int(free["lines_total"]), free["state"]) == (0, 5, "final")


def test_epoch_statements__of_an_agreement_that_is_gone__its_partner_gets_a_blocked_statement() -> None:
    agreed = terms({"b": [rule("tips", TIPS, 500)]}, overrides=[override(RULE, "gone")])
    owners = {"gone": Partner("p-gone", "Partner gone")}
    result = epoch_statements(PERIOD, _salted_lines({"V1": {TIPS: 100}}, agreed), agreed, owners)
    row = _rows(result)["p-gone"]
    assert (row["line_count"], row["blocked_count"], row["lines_total"]) == (0, 1, None)
    assert [warning.split(":")[0] for warning in result.warnings] == ["statement of p-gone"]


def test_without_target__line_of_a_rule_whose_total_is_overridden__has_none() -> None:
    lines = _salted_lines({"V1": {TIPS: 100}}, terms({"a": [rule("tips", TIPS, 1000)]}))
    line = override(LINE, "a", "V1")
    assert without_target([line, override(RULE, "a")], lines) == [line]


def _stated(target: OverrideTarget, amount: int, seen: int | None) -> dict[str, object]:
    agreed = terms(
        {"a": [rule("tips", TIPS, 1000, cap=per_period(25))], "b": [rule("tips", TIPS, 500)]},
        overrides=[
            Override(
                target,
                "a",
                "tips",
                "V1" if target is LINE else "",
                "",
                Amount(amount),
                None if seen is None else Amount(seen),
            )
        ],
    )
    lines = _salted_lines({"V1": {TIPS: 100}, "V2": {TIPS: 200}}, agreed)
    owners = {partner.partner_id.removeprefix("p-"): partner for partner in agreed.partners}
    rows = _rows(epoch_statements(PERIOD, lines, agreed, owners))
    assert rows["p-b"]["reason"] is None
    return rows["p-a"]


def test_epoch_statements__overridden_line__says_how_many_and_what_came_of_it() -> None:
    # Computed 10 and 20; the cap takes 2 of the first, which its override gives up with it, and 3 of the second.
    row = _stated(LINE, 4, seen=10)
    assert (row["lines_total"], row["state"]) == (4 + 17, "final")
    assert row["reason"] == "overridden: 1 line, -4 base units in all"


def test_epoch_statements__override_decided_on_another_amount__is_said_to_be_stale() -> None:
    assert _stated(LINE, 4, seen=9)["reason"] == (
        "overridden: 1 line, -4 base units in all,"
        " stale (decided on another computed amount): the override of a/tips V1"
    )
    row = _stated(RULE, 40, seen=31)
    assert row["lines_total"] == 40
    assert row["reason"] == (
        "overridden: 2 lines, +15 base units in all,"
        " stale (decided on another computed amount): the override of a/tips's total"
    )
    assert _stated(RULE, 40, seen=30)["reason"] == "overridden: 2 lines, +15 base units in all"


def test_epoch_statements__total_overridden_though_one_line_is_not_known__stale_by_the_sum_of_the_others() -> None:
    for seen, is_stale in ((10, False), (9, True)):
        decided = Override(RULE, "a", "tips", "", "", Amount(40), Amount(seen))
        agreed = terms({"a": [rule("tips", TIPS, 1000)]}, overrides=[decided])
        lines = _salted_lines({"V1": {TIPS: 100}, "V2": {TIPS: None}}, agreed)
        row = _rows(epoch_statements(PERIOD, lines, agreed))["p-a"]
        assert "overridden: 2 lines, +30 base units in all" in row["reason"]
        assert ("stale (decided on another computed amount)" in row["reason"]) is is_stale


def test_epoch_statements__overridden_line_that_was_not_known__is_counted_but_has_no_effect_to_state() -> None:
    decided = Override(LINE, "a", "tips", "V2", "", Amount(7), None)
    agreed = terms({"a": [rule("tips", TIPS, 1000)]}, overrides=[decided])
    lines = _salted_lines({"V1": {TIPS: 100}, "V2": {TIPS: None}}, agreed)
    row = _rows(epoch_statements(PERIOD, lines, agreed))["p-a"]
    assert "overridden: 1 line, +0 base units in all" in row["reason"]
