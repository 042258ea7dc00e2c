"""Every rule lets good rows pass, and finds what one change of them breaks."""

from __future__ import annotations

import pytest

from aurora_pipeline.layers import ALL_LAYERS, GATE
from aurora_pipeline.store.gate.checking import EVERY_TABLE
from aurora_pipeline.store.gate.rule import Context, Effect, stored, violation
from aurora_pipeline_tests.gates.good_rows import CASES, Case

BLOCKING = {
    rule.name: rule for rules in (EVERY_TABLE, *GATE.rules.values()) for rule in rules if rule.effect is Effect.BLOCKS
}
_NEVER_RELEASED = {"schema", "unique_keys", "own_period", "parts_sum_to_revenue", "parts_pay_lines", "held_lines"} | {
    "lines_sum_to_results",
    "lines_held_once",
    "lines_as_in_force",
    "statement_adds_up",
    "pnl_adds_up",
    "tips_add_up",
    "balance_adds_up",
    "entries_stated",
    "paid_for_one_block",
    "account_counts_once",
    "income_of_one_chain",
}


def _named(case: Case) -> str:
    return case.rule.name


def test_cases__of_all_blocking_rules__are_here() -> None:
    assert {case.rule.name for case in CASES} == set(BLOCKING)


def test_gate__of_every_layer_table__is_declared() -> None:
    assert {table.name for layer in ALL_LAYERS for table in layer.tables} == set(GATE.rules)


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_rule__good_rows__pass(case: Case) -> None:
    assert case.found(is_bad=False) == []


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_rule__rows_changed_in_one_place__are_found(case: Case) -> None:
    found = case.found(is_bad=True)
    assert found
    assert not any("could not be checked" in words for words in found)


@pytest.mark.parametrize("case", [case for case in CASES if case.rule.needs], ids=_named)
def test_rule__nothing_handed_over_to_look_at__does_not_pass(case: Case) -> None:
    (found,) = case.rule.violations(case.good, Context(case.table, case.key))
    assert found.words.startswith("it could not be checked: nothing was handed over of ")


def test_rules__of_conservation_keys_and_schema__are_never_released() -> None:
    assert set(BLOCKING) >= _NEVER_RELEASED
    assert not any(BLOCKING[name].releasable for name in _NEVER_RELEASED)


def test_rules__each__say_what_why_and_what_to_do() -> None:
    for rule in BLOCKING.values():
        assert all((rule.looks_at, rule.why.endswith("."), rule.when_it_fires.endswith("."))), rule.name


def test_stored__a_violation__is_read_as_it_was_and_a_plain_text_too() -> None:
    found = violation("tips_add_up", "V1: off", {"validator_key": "V1"}, whole=10**30, part=None)
    assert stored(found.as_json) == found
    assert found.figures == {"whole": str(10**30), "part": "not known"}
    told = stored("slots do not add up")
    assert (told.rule, told.words, told.as_json) == ("noted", "slots do not add up", "slots do not add up")
