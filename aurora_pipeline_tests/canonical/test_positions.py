"""Canonical positions: when stake counts, and what is published where accounts and vote account disagree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    NEVER,
    UNAVAILABLE,
    answer,
    fetch,
    reference,
    row_of,
    rpc_failure,
    stake_account,
    stake_accounts,
    vote_account,
    vote_accounts,
)
from aurora_pipeline_tests.gated import broken, schema_violations

STAKE = ("active_stake", "activating_stake", "deactivating_stake")


def positions_from(*answers: Answer) -> LayerResult:
    result = canonical_positions(reference("V"), [fetch("positions", answers)])
    assert schema_violations(POSITIONS, result.frame) == []
    return result


def total_row(result: LayerResult) -> tuple[object, ...]:
    row = row_of(result, row_kind="VALIDATOR")
    return row["active_stake"], row["state"]


@pytest.mark.parametrize(
    ("activated", "deactivated", "expected"),
    [
        (EPOCH - 1, NEVER, (9, 0, 0)),
        (EPOCH, NEVER, (0, 9, 0)),
        (EPOCH - 1, EPOCH, (9, 0, 9)),
        (EPOCH - 1, EPOCH + 1, (9, 0, 0)),
        (EPOCH - 9, EPOCH - 1, (0, 0, 0)),
        (EPOCH, EPOCH, (0, 0, 0)),
        (NEVER, NEVER, (9, 0, 0)),
        (NEVER, EPOCH, (9, 0, 9)),
        (NEVER, EPOCH - 1, (0, 0, 0)),
    ],
    ids=[
        "activated before",
        "activated in the epoch",
        "leaving at its end",
        "leaving later",
        "left before",
        "came and left within it",
        "of the genesis block",
        "of the genesis block, leaving",
        "of the genesis block, gone",
    ],
)
def test_account__any_age__counts_as_the_chain_counts_it(
    activated: object, deactivated: object, expected: tuple[int, int, int]
) -> None:
    account = stake_account("s1", "V", 9, activated, deactivated, withdrawer="Client 7")
    result = positions_from(vote_accounts(vote_account("V", expected[0])), stake_accounts("V", account))
    row = row_of(result, account_key="s1")
    assert tuple(row[name] for name in STAKE) == expected
    assert (row["staker_key"], row["withdrawer_key"]) == ("staker of s1", "Client 7")
    whole = row_of(result, row_kind="VALIDATOR")
    assert tuple(whole[name] for name in STAKE) == expected
    assert (whole["state"], result.completeness, broken(result)) == ("final", Completeness.FINAL, ())


def test_validator__accounts_do_not_sum_to_its_stake__partial_and_both_are_named() -> None:
    accounts = stake_accounts("V", stake_account("s1", "V", 60), stake_account("s2", "V", 39))
    result = positions_from(vote_accounts(vote_account("V", 100)), accounts)
    assert total_row(result) == (100, "partial")
    reason = row_of(result, row_kind="VALIDATOR")["reason"]
    assert "99" in reason
    assert "100" in reason
    assert row_of(result, account_key="s2")["state"] == "final"
    assert result.completeness is Completeness.PARTIAL


def test_validator__delinquent__counts_as_well() -> None:
    accounts = stake_accounts("V", stake_account("s1", "V", 60))
    result = positions_from(vote_accounts(delinquent=[vote_account("V", 60)]), accounts)
    assert total_row(result) == (60, "final")


def test_validator__nobody_delegates_to_it__zero_with_the_reason() -> None:
    result = positions_from(vote_accounts(vote_account("W", 5)), stake_accounts("V"))
    assert total_row(result) == (0, "final")
    assert row_of(result, row_kind="VALIDATOR")["reason"] == "NO_STAKE"


def test_validator__not_listed_though_it_has_stake__total_not_known() -> None:
    result = positions_from(vote_accounts(vote_account("W", 5)), stake_accounts("V", stake_account("s1", "V", 60)))
    assert total_row(result) == (None, "partial")


def test_validator__vote_accounts_missing__total_null_and_the_accounts_stand() -> None:
    result = positions_from(stake_accounts("V", stake_account("s1", "V", 60)))
    assert total_row(result) == (None, "partial")
    assert row_of(result, account_key="s1")["active_stake"] == 60


def test_validator__stake_accounts_refused__its_total_stands_and_is_partial() -> None:
    refused = rpc_failure(questions.stake_accounts("V"), -32010, "excluded from account secondary indexes")
    result = positions_from(vote_accounts(vote_account("V", 100)), refused)
    assert total_row(result) == (100, "partial")
    assert "secondary indexes" in row_of(result, row_kind="VALIDATOR")["reason"]


def test_validator__accounts_of_another_validator_answered__not_taken_for_none() -> None:
    result = positions_from(vote_accounts(vote_account("V", 100)), stake_accounts("W", stake_account("s1", "W", 100)))
    assert total_row(result) == (100, "partial")


def test_validator__question_narrowed_to_one_owner__not_taken_for_all() -> None:
    narrowed = stake_accounts("V", stake_account("s1", "V", 40))
    filters = narrowed.request["body"]["params"][1]["filters"]  # type: ignore[index]  # JSON a few levels deep
    filters.append({"memcmp": {"offset": 44, "bytes": "Client"}})
    assert total_row(positions_from(vote_accounts(vote_account("V", 40)), narrowed)) == (40, "partial")


def test_validator__not_observed__unavailable_with_the_reason() -> None:
    staged = fetch("positions", [], state=UNAVAILABLE, reason="not observed")
    result = canonical_positions(reference("V"), [staged])
    assert total_row(result) == (None, "unavailable")
    assert "not observed" in row_of(result)["reason"]
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_validator__garbage__unavailable() -> None:
    result = positions_from(answer(questions.vote_accounts(), b"oops"), answer(questions.stake_accounts("V"), b"oops"))
    assert total_row(result) == (None, "unavailable")


ACCOUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.tuples(st.sampled_from("VW"), st.integers(1, 10**16)))


@settings(max_examples=50, deadline=None)
@given(ACCOUNTS)
def test_positions__accounts_of_all_in_one_answer__each_validator_gets_its_own(
    accounts: dict[str, tuple[str, int]],
) -> None:
    sums = {key: sum(stake for voter, stake in accounts.values() if voter == key) for key in "VW"}
    everything = stake_accounts("V", *(stake_account(name, voter, stake) for name, (voter, stake) in accounts.items()))
    everything.request["body"]["params"][1]["filters"] = [{"dataSize": 200}]  # type: ignore[index]  # JSON a few levels deep
    observed = vote_accounts(vote_account("V", sums["V"]), vote_account("W", sums["W"]))
    staged = fetch("positions", [observed, everything], subject=EVERYONE)
    result = canonical_positions(reference("V", "W"), [staged])
    assert (result.completeness, broken(result)) == (Completeness.FINAL, ())
    for key in "VW":
        assert row_of(result, key, row_kind="VALIDATOR")["active_stake"] == sums[key]
