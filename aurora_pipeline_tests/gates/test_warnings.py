"""Rules that warn: silent in normal life, heard where one thing is odd, and no verdict on too little history."""

from __future__ import annotations

import pytest

from aurora_pipeline.canonical.gates import (
    balance_unexplained,
    not_attesting,
    not_voting,
    providers_disagree,
    unknown_field,
)
from aurora_pipeline.commissions.gates import two_agreements
from aurora_pipeline.layers import GATE
from aurora_pipeline.pnl.gates import chain_drift, drift, same_income
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.store.gate.rule import Effect
from aurora_pipeline.store.gate.series import PERIODS_MIN, expected, median_doubled
from aurora_pipeline_tests.gates.good_rows import Case
from aurora_pipeline_tests.gates.odd_rows import ALL, CASES, _times, case, earned, without_history

WARNING = {rule.name for rules in GATE.rules.values() for rule in rules if rule.effect is Effect.WARNS}
_WITHOUT_HISTORY = {balance_unexplained.NAME, not_attesting.NAME, not_voting.NAME, providers_disagree.NAME} | {
    same_income.NAME,
    two_agreements.NAME,
    unknown_field.NAME,
}


def _named(one: Case) -> str:
    return one.rule.name


def test_cases__of_all_rules_that_warn__are_here() -> None:
    assert {one.rule.name for one in CASES} == WARNING


@pytest.mark.parametrize("one", CASES, ids=_named)
def test_rule__normal_life__says_nothing(one: Case) -> None:
    assert one.found(is_bad=False) == []


@pytest.mark.parametrize("one", CASES, ids=_named)
def test_rule__one_thing_is_odd__is_said_with_the_numbers(one: Case) -> None:
    (words,) = one.found(is_bad=True)
    assert one.rule.name == not_voting.NAME or any(letter.isdigit() for letter in words)


@pytest.mark.parametrize("one", [one for one in CASES if one.rule.name not in _WITHOUT_HISTORY], ids=_named)
def test_rule__no_period_before__says_nothing(one: Case) -> None:
    assert without_history(one).found(is_bad=True) == []


def test_drift__the_whole_chain_moves__is_said_once_and_of_no_validator() -> None:
    moved = case(drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 3, 1, ALL))
    assert moved.found(is_bad=True) == []
    (words,) = case(chain_drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 3, 1, ALL)).found(is_bad=True)
    assert words.endswith("most validators moved alike: it is the chain's")
    assert "EXEC_FEES of all 4 validators is 30" in words


def test_drift__of_one_validator__is_not_the_chains() -> None:
    one = case(chain_drift.RULE, VALIDATOR_PNL, earned, lambda rows: _times(rows, 40, 1, ["V2"]))
    (words,) = one.found(is_bad=True)
    assert words.endswith("validators did not move alike")


def test_expected__too_few_periods_or_income_in_lumps__is_no_verdict() -> None:
    assert expected([10] * (PERIODS_MIN - 1), 0) is None
    assert expected([0, 0, *[10] * 8], 0) is None
    assert expected([10] * PERIODS_MIN, 0) is not None


def test_expected__of_what_never_changes__a_little_is_not_odd() -> None:
    told = expected([10_000] * 10, 0)
    assert told is not None
    assert not told.is_odd(13_000)
    assert told.is_odd(14_000)
    small = expected([10] * 10, 1_000)
    assert small is not None
    assert not small.is_odd(5_000)


def test_expected__amounts_beyond_floats__are_compared_to_the_unit() -> None:
    huge = 10**30
    told = expected([huge + one for one in range(9)], 0)
    assert told is not None
    assert (told.median, told.lowest, told.highest) == (huge + 4, huge, huge + 8)
    assert median_doubled([huge, huge + 1]) == 2 * huge + 1
