"""Canonical rewards: what a null means, for a vote account and for a stake account, and what is partly known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aurora_pipeline.canonical.believed import all_believed
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.canonical.tables import REWARDS
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.reference import OperatedValidator, Reference
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.store.declaration import Completeness, FigureState
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.tables import EVERYONE, Verdict
from aurora_pipeline_tests.canonical.answers import (
    EPOCH,
    ERROR_CODES,
    FINAL,
    LAST,
    PARTIAL,
    PENDING,
    SLOTS,
    Row,
    answer,
    block,
    fetch,
    gone,
    inflation_rewards,
    reference,
    row_of,
    rpc,
    rpc_failure,
    stake_account,
    stake_states,
    told,
    vote_state,
    vote_states,
)
from aurora_pipeline_tests.gated import broken, schema_violations


def rewards_from(
    *answers: Answer, state: FigureState = FINAL, reason: str | None = None, verdict: Verdict = Verdict.TOLD
) -> LayerResult:
    result = canonical_rewards(reference("V"), [fetch("rewards", answers, state=state, reason=reason, verdict=verdict)])
    assert schema_violations(REWARDS, result.frame) == []
    return result


def validator(result: LayerResult) -> tuple[object, ...]:
    row = row_of(result, row_kind="VALIDATOR")
    return row["commission"], row["state"], row["staker_rewards"], row["stakers_state"]


def test_rewards__everything_answered__commission_and_each_account() -> None:
    result = rewards_from(*told("V", "s1", "s2", paid={"V": 70_000, "s1": 930_002, "s2": 5}))
    assert validator(result) == (70_000, "final", 930_007, "final")
    assert row_of(result, account_key="s1")["staker_rewards"] == 930_002
    assert (len(result.frame), result.completeness, broken(result)) == (3, Completeness.FINAL, ())


def test_rewards__commission_of_zero_percent__row_of_zero_is_zero() -> None:
    result = rewards_from(*told("V", "s1", paid={"V": 0, "s1": 7}))
    assert validator(result) == (0, "final", 7, "final")
    assert row_of(result, row_kind="VALIDATOR")["reason"] is None


def test_rewards__null_of_a_stake_account__zero_with_the_reason() -> None:
    row = row_of(rewards_from(*told("V", "s1", "dust", paid={"V": 1, "s1": 7}), gone("dust")), account_key="dust")
    assert (row["staker_rewards"], row["state"], row["reason"]) == (0, "final", "NO_REWARD")


NOW = [(EPOCH, 16 * SLOTS)]


@pytest.mark.parametrize(
    ("account", "voted", "state"),
    [
        (stake_account("s2", "V", 10**12), 16 * SLOTS, "unavailable"),
        (stake_account("s2", "V", 10**12, activated=2**64 - 1), 16 * SLOTS, "unavailable"),
        (stake_account("s2", "V", 10**12, activated=EPOCH - 1, deactivated=EPOCH), 2, "unavailable"),
        (stake_account("s2", "V", 10**12), None, "unavailable"),
        (stake_account("s2", "V", 10**12, activated=EPOCH), 16 * SLOTS, "final"),
        (stake_account("s2", "V", 10**12, deactivated=EPOCH - 1), 16 * SLOTS, "final"),
        (stake_account("s2", "W", 10**12), 16 * SLOTS, "final"),
        (stake_account("s2", "V", 10**9), 16 * SLOTS, "final"),
        (stake_account("s2", "V", 10**12), 0, "final"),
        (None, 16 * SLOTS, "final"),
    ],
    ids=[
        "had stake",
        "since the genesis block",
        "was leaving",
        "not known how much was voted",
        "activated in the epoch",
        "left before",
        "is with another validator",
        "dust",
        "nothing was voted",
        "is gone",
    ],
)
@pytest.mark.parametrize("others_paid", [True, False])
def test_rewards__no_row_of_an_account__zero_only_if_it_earned_nothing(
    account: Row | None, voted: int | None, state: str, others_paid: bool
) -> None:
    # Without entries, and voting since: it does not tell how much.
    earned = [] if voted is None else [(EPOCH, voted)] if voted else [(EPOCH - 1, 5), (EPOCH + 1, 5)]
    paid = {"V": 70, "s1": 930} if others_paid else {}
    proofs = [stake_states(s1=None, s2=account), vote_states(V=vote_state("V", earned=earned))]
    result = rewards_from(*told("V", "s1", "s2", paid=paid), *proofs)
    row = row_of(result, account_key="s2")
    assert (row["state"], row["staker_rewards"]) == (state, 0 if state == "final" else None)
    whole = row_of(result, row_kind="VALIDATOR")
    assert (whole["stakers_state"] == "final") == (state == "final")
    if state != "final":
        assert "its row is left out" in row["reason"]
        assert "s2" in whole["stakers_reason"]
    if not others_paid:
        assert (whole["commission"], whole["state"] == "final") == ((0, True) if state == "final" else (None, False))


def test_rewards__whoever_keeps_everything__pays_nobody_and_no_row_is_left_out() -> None:
    proofs = [stake_states(s1=stake_account("s1", "V", 10**12)), vote_states(V=vote_state("V", 10_000, earned=NOW))]
    assert validator(rewards_from(*told("V", "s1", paid={"V": 500}), *proofs)) == (500, "final", 0, "final")


def test_rewards__whoever_keeps_everything_has_no_row__no_commission_of_nothing() -> None:
    proofs = [stake_states(s1=stake_account("s1", "V", 10**12)), vote_states(V=vote_state("V", 10_000, earned=NOW))]
    result = rewards_from(*told("V", "s1"), *proofs)
    assert validator(result) == (None, "unavailable", 0, "final")
    assert "it keeps everything, but V has no reward row" in row_of(result, row_kind="VALIDATOR")["reason"]


def test_rewards__no_stake_account_known_though_the_vote_account_was_paid__no_zero() -> None:
    assert validator(rewards_from(*told("V"))) == (0, "final", 0, "final")
    for commission in (0, 70):
        result = rewards_from(*told("V", paid={"V": commission}))
        assert validator(result) == (commission, "final", None, "unavailable")


def test_rewards__stake_accounts_are_not_all_of_them__their_sum_is_no_figure() -> None:
    reason = "STAKES_IN_DOUBT: its stake accounts hold 1 of active stake, the vote account says 2"
    result = rewards_from(
        *told("V", "s1", paid={"V": 70, "s1": 930}), state=PARTIAL, reason=reason, verdict=Verdict.STAKES_IN_DOUBT
    )
    assert validator(result) == (70, "final", None, "partial")
    assert row_of(result, account_key="s1")["staker_rewards"] == 930
    assert reason in row_of(result, row_kind="VALIDATOR")["stakers_reason"]


def test_rewards__no_row_and_the_account_was_not_looked_up__no_zero() -> None:
    result = rewards_from(*told("V", "s1", "s2", paid={"V": 70, "s1": 930}))
    assert validator(result) == (70, "final", None, "partial")
    assert "was not looked up whether it had stake" in row_of(result, account_key="s2")["reason"]


def test_rewards__null_of_the_vote_account_and_nobody_paid__zero_with_the_reason() -> None:
    result = rewards_from(*told("V", "s1", "s2"), gone("s1", "s2"))
    assert validator(result) == (0, "final", 0, "final")
    assert row_of(result, row_kind="VALIDATOR")["reason"] == "NO_REWARD"


def test_rewards__null_of_the_vote_account_though_a_staker_was_paid__unavailable_not_zero() -> None:
    result = rewards_from(*told("V", "s1", paid={"s1": 7}))
    assert validator(result) == (None, "unavailable", 7, "final")
    assert "another account collects" in row_of(result, row_kind="VALIDATOR")["reason"]
    assert result.completeness is Completeness.PARTIAL


def test_rewards__all_to_the_validator__stakers_got_zero() -> None:
    assert validator(rewards_from(*told("V", "s1", paid={"V": 500}), gone("s1"))) == (500, "final", 0, "final")


def test_rewards__one_batch_of_accounts_missing__commission_stands_and_the_sum_is_null() -> None:
    waiting = rpc_failure(questions.inflation_rewards(EPOCH, ["s2", "s3"]), -32017, "Epoch rewards period still active")
    result = rewards_from(
        *told("V", "s1", paid={"V": 70, "s1": 930}),
        waiting,
        state=PENDING,
        reason="rewards still being paid",
    )
    assert validator(result) == (70, "final", None, "partial")
    assert "2 of 3 stake accounts not known" in row_of(result, row_kind="VALIDATOR")["stakers_reason"]
    late = row_of(result, account_key="s2")
    assert (late["staker_rewards"], late["state"]) == (None, "pending")
    assert "rewards still being paid" in late["reason"]
    assert result.completeness is Completeness.PARTIAL


def test_rewards__null_of_the_vote_account_while_accounts_are_missing__not_yet_zero() -> None:
    waiting = rpc_failure(questions.inflation_rewards(EPOCH, ["s1"]), -32005, "Node is behind by 9 slots")
    result = rewards_from(inflation_rewards("V"), waiting, state=PENDING, reason="node behind")
    assert validator(result) == (None, "pending", None, "pending")


def test_rewards__vote_account_alone_from_a_complete_fetch__nobody_has_stake() -> None:
    assert validator(rewards_from(inflation_rewards("V"))) == (0, "final", 0, "final")


def test_rewards__accounts_were_not_observed__only_the_commission_is_known() -> None:
    result = rewards_from(inflation_rewards("V", paid={"V": 70}), state=PARTIAL, reason="positions not observed")
    assert validator(result) == (70, "final", None, "partial")
    assert "positions not observed" in row_of(result, row_kind="VALIDATOR")["stakers_reason"]


def test_rewards__fetch_about_everyone__does_not_say_whose_the_accounts_are() -> None:
    staged = fetch("rewards", [*told("V", "s1", paid={"V": 70, "s1": 9})], subject=EVERYONE)
    result = canonical_rewards(reference("V"), [staged])
    assert validator(result) == (70, "final", None, "unavailable")
    assert len(result.frame) == 1


def test_rewards__answered_twice_and_once_unreadably__what_is_known_stays() -> None:
    cut_off = answer(questions.inflation_rewards(EPOCH, ["V", "s1"]), b'{"jsonrpc":"2.0","result":[nu')
    known = told("V", "s1", paid={"V": 70, "s1": 930})
    for answers in ((*known, cut_off), (cut_off, *known)):
        assert validator(rewards_from(*answers))[:2] == (70, "final")


@pytest.mark.parametrize("slot", [LAST, LAST + SLOTS + 1], ids=["in the epoch itself", "two epochs later"])
def test_rewards__effective_slot_outside_the_next_epoch__not_believed(slot: int) -> None:
    rows = [{"epoch": EPOCH, "effectiveSlot": slot, "amount": 70, "postBalance": 100, "commission": None}]
    result = rewards_from(rpc(questions.inflation_rewards(EPOCH, ["V"]), rows))
    assert validator(result)[:2] == (None, "unavailable")
    assert f"paid in slot {slot}" in row_of(result, row_kind="VALIDATOR")["reason"]


def test_rewards__paid_in_the_last_slot_of_the_next_epoch__still_of_this_one() -> None:
    rows = [{"epoch": EPOCH, "effectiveSlot": LAST + SLOTS, "amount": 70, "postBalance": 100, "commission": None}]
    assert validator(rewards_from(rpc(questions.inflation_rewards(EPOCH, ["V"]), rows), state=PARTIAL))[0] == 70


def test_rewards__nulls_of_a_question_about_another_epoch__no_zeros() -> None:
    result = rewards_from(*told("V", "s1", epoch=EPOCH + 1))
    assert validator(result) == (None, "unavailable", None, "unavailable")
    assert f"did not ask about epoch {EPOCH}" in row_of(result, row_kind="VALIDATOR")["reason"]


@pytest.mark.parametrize("code", ERROR_CODES)
def test_rewards__answered_with_any_error__no_zero(code: int) -> None:
    failed = [rpc_failure(questions.inflation_rewards(EPOCH, [key]), code, "the node's words") for key in ("V", "s1")]
    assert validator(rewards_from(*failed)) == (None, "unavailable", None, "unavailable")


@pytest.mark.parametrize(
    "bad",
    [
        inflation_rewards("V", epoch=EPOCH - 1, paid={"V": 70}),
        rpc(questions.inflation_rewards(EPOCH, ["V", "C"]), [None]),
        answer(questions.inflation_rewards(EPOCH, ["V", "C"]), b'{"jsonrpc":"2.0","result":[nu'),
        rpc(questions.inflation_rewards(EPOCH, ["V", "C"]), [{"epoch": EPOCH, "amount": 1.5}, None]),
    ],
    ids=["another epoch", "list too short", "cut off", "float"],
)
def test_rewards__answer_that_cannot_be_trusted__null_for_all_its_addresses(bad: Answer) -> None:
    result = rewards_from(bad)
    assert validator(result)[:2] == (None, "unavailable")
    assert (result.completeness, broken(result)) == (Completeness.PARTIAL, ())


def test_rewards__nothing_staged__both_states_say_so() -> None:
    result = canonical_rewards(reference("V"), [])
    assert validator(result) == (None, "unavailable", None, "unavailable")


def test_rewards__recorded_mainnet_answer__read_to_the_lamport(shared_data: Path) -> None:
    recorded = json.loads((shared_data / "solana/recorded/get_inflation_reward.json").read_text())[0]
    vote_key, other = recorded["request"]["params"][0]
    recorded_rows = recorded["response"]["result"]
    staged = fetch(
        "rewards",
        [
            rpc(questions.inflation_rewards(EpochNumber(407), [address]), [row])
            for address, row in zip([vote_key, other], recorded_rows, strict=True)
        ]
        # The one account is not all of its stakers; the block tells that the amount is the validator's all the same.
        + [block(408 * 432_000, 408 * 432_000 - 1, (vote_key, 1_490_072, "Voting"))],
        subject=vote_key,
    )
    whole = reference()
    epoch_407 = Reference(
        "solana-mainnet",
        EpochNumber(407),
        407 * 432_000,
        408 * 432_000 - 1,
        whole.started_at,
        whole.ended_at,
        (OperatedValidator(vote_key, None, "recorded", "OPERATOR"),),
    )
    result = canonical_rewards(epoch_407, [staged])
    assert row_of(result, vote_key, row_kind="VALIDATOR")["commission"] == 1_490_072
    assert row_of(result, vote_key, account_key=other)["staker_rewards"] == 28_137_694


def test_rewards__an_account_received_more_than_there_can_be__only_that_one_is_refused() -> None:
    rows: list[Row] = [
        {"staker_rewards": 5, "gross_rewards": None},
        {"staker_rewards": 10**16 + 1, "gross_rewards": 10**16 + 2},
    ]
    one = fetch("rewards", [])
    good, bad = all_believed(REWARDS, [dict(row) for row in rows], ("staker_rewards", "gross_rewards"), one)
    assert good == rows[0]
    assert (bad["staker_rewards"], bad["gross_rewards"], bad["state"]) == (None, None, "unavailable")
    assert all_believed(REWARDS, [dict(rows[0])], ("staker_rewards", "gross_rewards"), one) == [rows[0]]
