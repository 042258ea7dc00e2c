"""Balances of accounts: every unit between two edges is explained, named as left over, or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.canonical.account_balances import BalanceGrounds, canonical_account_balances
from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES
from aurora_pipeline.canonical.gates import accounts_add_up, balance_unexplained
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana import questions
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.gate.rule import Context
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.canonical.answers import (
    CHAIN,
    EPOCH,
    FIRST,
    LAST,
    PENDING,
    Row,
    fetch,
    reference,
    rpc,
)

SLOTS = LAST - FIRST + 1
FINAL_ROW: Row = {"state": "final", "reason": None, "recipient_key": "V", "identity_key": "id-V"}


def rewarded(paid: int, held: int, epoch: int = EPOCH, account: str = "V") -> Answer:
    """getInflationReward of one account, paid in the first block after the epoch."""
    slot = FIRST + (epoch - EPOCH + 1) * SLOTS
    row = {"epoch": epoch, "effectiveSlot": slot, "amount": paid, "postBalance": held, "commission": None}
    return rpc(questions.inflation_rewards(EpochNumber(epoch), [account]), [row])


def block(slot: int, *rows: tuple[str, int, int, str], transactions: Sequence[Row] | None = None) -> Answer:
    """A block; rows are (account, lamports, balance after, type)."""
    said = [
        {"pubkey": key, "lamports": lamports, "postBalance": held, "rewardType": kind}
        for key, lamports, held, kind in rows
    ]
    body: Row = {"parentSlot": slot - 1, "rewards": said}
    asked = questions.block(slot) if transactions is None else questions.block_accounts(slot)
    return rpc(asked, body if transactions is None else body | {"transactions": list(transactions)})


def transaction(fee: int, **moved: tuple[int, int]) -> Row:
    """A transaction by the first of some accounts; each is told before and after."""
    keys = [{"pubkey": name.replace("_", "-"), "signer": not place} for place, name in enumerate(moved)]
    before, after = zip(*moved.values(), strict=True)
    meta = {"fee": fee, "preBalances": list(before), "postBalances": list(after)}
    return {"transaction": {"signatures": ["s"], "accountKeys": keys}, "meta": meta}


def found(reward_row: Row = FINAL_ROW, fee_row: Row = FINAL_ROW, **grounds: Any) -> dict[str, Row]:
    """The rows of V by the kind of account; each keeps the rule of its sums."""
    told = BalanceGrounds(reward_rows={"V": reward_row}, fee_rows={"V": fee_row}, **grounds)
    result = canonical_account_balances(reference("V"), told)
    context = Context(ACCOUNT_BALANCES, PeriodKey(CHAIN, EPOCH), result.grounds)
    assert list(accounts_add_up.RULE.violations(result.frame, context)) == []
    return {row["account_kind"]: row for row in exact_rows(ACCOUNT_BALANCES, result.frame)}


def by_rewards(*now: Answer, before: Sequence[Answer] = ()) -> dict[str, Row]:
    return found(**_both("rewards", now, before))


def _both(name: str, now: Sequence[Answer], before: Sequence[Answer]) -> Mapping[str, Any]:
    return {name: [fetch(name, now)], f"{name}_before": [fetch(name, before, fetch_id=6)] if before else []}


def scanned(*blocks: Answer) -> dict[str, Row]:
    return found(costs=[fetch("costs", blocks, subject=EVERYONE)], scans={"V": 7})


def test_vote_account__two_reward_rows__what_is_left_over_is_what_was_withdrawn() -> None:
    vote = by_rewards(rewarded(70, 570), before=[rewarded(50, 500, EPOCH - 1)])["VOTE"]
    assert (vote["method"], vote["balance_start"], vote["balance_end"], vote["rewards"]) == (
        "REWARD_ROWS",
        500,
        570,
        70,
    )
    assert (vote["residual"], vote["state"], vote["sent"]) == (0, "final", None)
    vote = by_rewards(rewarded(70, 170), before=[rewarded(50, 500, EPOCH - 1)])["VOTE"]
    assert vote["residual"] == -400


def test_vote_account__no_row_of_the_period_before__the_residual_is_unknown_and_not_0() -> None:
    vote = by_rewards(rewarded(70, 570))["VOTE"]
    assert (vote["balance_start"], vote["residual"], vote["state"]) == (None, None, "unavailable")
    assert (vote["balance_end"], vote["rewards"]) == (570, 70)


@pytest.mark.parametrize("leaving_out", ["postBalance", "amount", "effectiveSlot"])
def test_vote_account__a_row_without_something__is_not_known(leaving_out: str) -> None:
    whole = {"epoch": EPOCH, "effectiveSlot": LAST + 1, "amount": 70, "postBalance": 570}
    less = {name: value for name, value in whole.items() if name != leaving_out}
    answer = rpc(questions.inflation_rewards(EpochNumber(EPOCH), ["V"]), [less])
    vote = by_rewards(answer, before=[rewarded(50, 500, EPOCH - 1)])["VOTE"]
    assert (vote["residual"], vote["state"]) == (None, "unavailable")
    assert leaving_out in vote["reason"]


def test_vote_account__the_block_says_another_balance__is_not_known() -> None:
    in_block = block(LAST + 1, ("V", 70, 571, "Voting"))
    vote = by_rewards(rewarded(70, 570), in_block, before=[rewarded(50, 500, EPOCH - 1)])["VOTE"]
    assert vote["residual"] is None
    assert "70 and held 570 by one answer, 70 and 571 by another" in vote["reason"]
    same = block(LAST + 1, ("V", 70, 570, "Voting"))
    vote = by_rewards(rewarded(70, 570), same, before=[rewarded(50, 500, EPOCH - 1)])["VOTE"]
    assert (vote["residual"], vote["moves"]) == (0, 1)


def test_vote_account__another_one_collects__both_have_a_row() -> None:
    rows = found(
        FINAL_ROW | {"recipient_key": "C"},
        **_both("rewards", [rewarded(7, 27, account="C")], [rewarded(5, 20, EPOCH - 1, "C")]),
    )
    assert rows["COLLECTOR"]["residual"] == 0
    assert (rows["VOTE"]["residual"], rows["VOTE"]["state"]) == (None, "unavailable")
    assert "C received the commission" in rows["VOTE"]["reason"]


def test_rewards__pending__the_balance_waits_with_them() -> None:
    pending = FINAL_ROW | {"state": "pending", "reason": "not paid yet"}
    row = found(pending, **_both("rewards", [], [rewarded(50, 500, EPOCH - 1)]))["VOTE"]
    assert (row["state"], row["residual"]) == ("pending", None)


def test_identity__fee_rows__votes_are_left_over() -> None:
    before = [block(FIRST - 9, ("id-V", 10, 1_000, "Fee")), block(FIRST - 3, ("id-V", 10, 1_005, "Fee"))]
    now = [block(FIRST + 2, ("id-V", 20, 1_020, "Fee")), block(FIRST + 8, ("id-V", 30, 1_045, "Fee"))]
    row = found(**_both("fees", now, before))["IDENTITY"]
    assert (row["start_slot"], row["end_slot"]) == (FIRST - 3, FIRST + 8)
    assert (row["rewards"], row["residual"]) == (50, -10)


def test_identity__blocks_before_not_all_read__the_edge_is_not_known() -> None:
    before = fetch("fees", [block(FIRST - 9, ("id-V", 10, 1_000, "Fee"))], state=PENDING, reason="down", fetch_id=6)
    now = [block(FIRST + 2, ("id-V", 20, 1_020, "Fee"))]
    row = found(fees=[fetch("fees", now)], fees_before=[before])["IDENTITY"]
    assert (row["balance_end"], row["residual"]) == (1_020, None)


BLOCKS = (
    block(
        FIRST,
        ("V", 70, 570, "Voting"),
        ("V", -50, 520, "VATDebit"),
        ("id-V", 9, 1_004, "Fee"),
        transactions=[transaction(5, id_V=(1_000, 995), V=(520, 520))],
    ),
    block(FIRST + 1, transactions=[transaction(5, id_V=(1_004, 999), V=(520, 520), W=(1, 1))]),
    block(FIRST + 3, transactions=[transaction(3, id_V=(999, 1_396), V=(520, 120))]),
    block(FIRST + 4, transactions=[transaction(2, someone=(9, 0), V=(120, 127))]),
)


def test_every_block_read__each_unit_is_explained() -> None:
    rows = scanned(*BLOCKS)
    vote, identity = rows["VOTE"], rows["IDENTITY"]
    assert (vote["balance_start"], vote["balance_end"], vote["rewards"], vote["charges"]) == (500, 127, 70, 50)
    assert (vote["received"], vote["sent"], vote["fees_paid"], vote["residual"]) == (7, 400, 0, 0)
    assert (identity["balance_start"], identity["balance_end"], identity["rewards"]) == (1_000, 1_396, 9)
    assert (identity["fees_paid"], identity["received"], identity["sent"], identity["residual"]) == (13, 400, 0, 0)
    assert {row["state"] for row in rows.values()} == {"final"}


@pytest.mark.parametrize(
    ("left_out", "account", "residual"), [(1, "IDENTITY", -5), (2, "VOTE", -400), (2, "IDENTITY", 0)]
)
def test_every_block_read__one_left_out__shows_as_left_over(left_out: int, account: str, residual: int) -> None:
    rows = scanned(*(one for place, one in enumerate(BLOCKS) if place != left_out))
    assert rows[account]["residual"] == residual
    told = BalanceGrounds(
        costs=[fetch("costs", BLOCKS[:1] + BLOCKS[3:], subject=EVERYONE)], scans={"V": 7}, reward_rows={}, fee_rows={}
    )
    result = canonical_account_balances(reference("V"), told)
    context = Context(ACCOUNT_BALANCES, PeriodKey(CHAIN, EPOCH))
    assert [one.rule for one in balance_unexplained.RULE.violations(result.frame, context)] == ["balance_unexplained"]


def test_every_block_read__an_account_that_none_names__is_not_known() -> None:
    rows = scanned(block(FIRST, transactions=[transaction(5, id_W=(10, 5))]))
    assert {(row["residual"], row["state"]) for row in rows.values()} == {(None, "unavailable")}


def test_every_block_read__an_identity_that_was_given_up__has_no_row() -> None:
    told = BalanceGrounds(costs=[fetch("costs", BLOCKS, subject=EVERYONE)], scans={"V": 7})
    whose = reference("V")
    both = replace(whose, validators=(replace(whose.validators[0], former_identities=("id-old",)),))
    rows = exact_rows(ACCOUNT_BALANCES, canonical_account_balances(both, told).frame)
    assert [row["account_key"] for row in rows] == ["V", "id-V"]


def test_every_block_read__a_balance_that_is_none__makes_nothing_known() -> None:
    rows = scanned(*BLOCKS, block(FIRST + 5, ("id-V", 9, "much", "Fee"), transactions=[]))  # type: ignore[arg-type]
    assert {(row["residual"], row["state"]) for row in rows.values()} == {(None, "unavailable")}


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12), st.data())
def test_every_block_read__any_moves__residual_is_what_was_left_out(moved: list[int], data: st.DataObject) -> None:
    balances = [10_000]
    for one in moved:
        balances.append(balances[-1] + one)
    blocks = [
        block(FIRST + place, transactions=[transaction(0, x=(1, 1), V=(balances[place], balances[place + 1]))])
        for place in range(len(moved))
    ]
    inner = range(1, len(moved) - 1)
    hidden = data.draw(st.sets(st.sampled_from(inner))) if inner else set()
    vote = scanned(*(one for place, one in enumerate(blocks) if place not in hidden))["VOTE"]
    assert vote["residual"] == sum(moved[place] for place in hidden)
    assert vote["balance_end"] - vote["balance_start"] == sum(moved)
