"""Reading a node's answers: exact, and never a zero for something that could not be read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import U64_MAX, ReaderStumbled, UnreadableAnswer, parsed
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.accounts import read_stake_accounts, read_vote_states
from aurora_pipeline.sources.solana.answers.blocks import read_block, read_block_header
from aurora_pipeline.sources.solana.answers.epochs import (
    read_blocks,
    read_epoch_info,
    read_epoch_schedule,
    read_leader_schedule,
)
from aurora_pipeline.sources.solana.answers.rewards import read_inflation_rewards
from aurora_pipeline.sources.solana.answers.vote_accounts import read_vote_accounts
from aurora_pipeline.sources.solana.answers.votes import VOTE_PROGRAM, read_block_votes
from aurora_pipeline_tests.asking.asked import NODE, answer_to, block, error_of, fee, result_of

CLOCK = "SysvarC1ock11111111111111111111111111111111"
Reader = Callable[[Answer, str], object]

NUMBERS = count()
READERS: list[tuple[Reader, Question]] = [
    (read_epoch_info, questions.epoch_info()),
    (read_epoch_schedule, questions.epoch_schedule()),
    (read_leader_schedule, questions.leader_schedule(100)),
    (read_blocks, questions.blocks(100, 200)),
    (read_block, questions.block(100)),
    (read_block_votes, questions.block_accounts(100)),
    (read_inflation_rewards, questions.inflation_rewards(EpochNumber(7), ["a", "b"])),
    (read_vote_accounts, questions.vote_accounts()),
    (read_stake_accounts, questions.stake_accounts("vote")),
]
GARBAGE = [
    b"",
    b"<html>busy</html>",
    b'{"jsonrpc":"2.0","result":{"epoch":',
    b"null",
    b"[]",
    b"7",
    b"\xff\xfe",
    b'{"jsonrpc":"2.0","id":1}',
    b'{"result":"text"}',
    b'{"result":NaN}',
    b'{"result":' + b"[" * 100_000,
    b'{"result":' + b"9" * 5_000 + b"}",
]


@pytest.mark.parametrize(("reader", "question"), READERS, ids=[reader.__name__ for reader, _ in READERS])
@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_read__garbage__refused_naming_provider_and_question(reader: Reader, question: Question, body: bytes) -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        reader(answer_to(question, body), NODE)
    assert NODE in refused.value.message
    assert question.key in refused.value.message
    assert not question.accepts(answer_to(question, body))


@pytest.mark.parametrize(("reader", "question"), READERS, ids=[reader.__name__ for reader, _ in READERS])
def test_read__error_or_failure_status__refused(reader: Reader, question: Question) -> None:
    with pytest.raises(UnreadableAnswer, match="-32005"):
        reader(error_of(question, -32005), NODE)
    with pytest.raises(UnreadableAnswer, match="HTTP 404"):
        reader(answer_to(question, {"jsonrpc": "2.0", "result": [], "id": 1}, status=404), NODE)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=5)
)
def test_read__any_json__a_value_or_unreadable(value: object) -> None:
    for reader, question in READERS:
        with suppress(UnreadableAnswer):
            reader(result_of(question, value), NODE)


# A real answer of a public API held the first; binary floats have no 2^53 + 1, signed integers no 2^63.
@example(18_446_743_932_763_646_000)
@example(2**53 + 1)
@example(2**63)
@given(st.integers(-(2**70), 2**70))
def test_whole__any_integer__exact_inside_bounds_refused_outside(number: int) -> None:
    node = parsed(answer_to(questions.epoch_info(), str(number).encode()), NODE)
    if 0 <= number <= U64_MAX:
        assert node.whole() == number
    else:
        with pytest.raises(UnreadableAnswer):
            node.whole()


@pytest.mark.parametrize("text", ["1.0", "1e3", '"5"', "true", "null", "-1", "18446744073709551616"])
def test_whole__no_exact_u64__refused(text: str) -> None:
    with pytest.raises(UnreadableAnswer, match="whole number"):
        parsed(answer_to(questions.epoch_info(), text.encode()), NODE).whole()


def test_read_epoch_info__real_shape__bounds_of_the_epoch() -> None:
    shown = {"absoluteSlot": 77316421, "blockHeight": 1, "epoch": 191, "slotIndex": 328165, "slotsInEpoch": 432000}
    info = read_epoch_info(result_of(questions.epoch_info(), shown), NODE)
    assert (info.epoch, info.first_slot, info.last_slot) == (191, 76988256, 77420255)


def test_read_leader_schedule__null__not_known() -> None:
    question = questions.leader_schedule(5)
    assert read_leader_schedule(result_of(question, None), NODE) is None
    assert not question.accepts(result_of(question, None))
    assert read_leader_schedule(result_of(question, {"a": [0, 1], "b": [2]}), NODE) == {"a": (0, 1), "b": (2,)}


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ({"a": [0, 1], "b": [3]}, "slot index 2 has no leader, 3 has one (3 in all)"),
        ({"a": [1, 2]}, "slot index 0 has no leader"),
        ({"a": [0, 1], "b": [1, 2]}, "slot index 1 is given twice (4 in all)"),
        ({"a": [0, 0]}, "slot index 0 is given twice"),
    ],
)
def test_read_leader_schedule__slot_missing_or_doubled__refused(schedule: object, why: str) -> None:
    question = questions.leader_schedule(5)
    with pytest.raises(UnreadableAnswer, match=re.escape(why)):
        read_leader_schedule(result_of(question, schedule), NODE)
    assert not question.accepts(result_of(question, schedule))


@pytest.mark.parametrize("schedule", [{}, {"a": [0, -1]}, {"a": [0, True]}, {"a": [0.0]}, {"a": "0"}, {"a": None}])
def test_read_leader_schedule__no_slot_indices__refused(schedule: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_leader_schedule(result_of(questions.leader_schedule(5), schedule), NODE)


@pytest.mark.parametrize("slots", [[5, 4], [5, 5], [99, 100], [200, 201], [100.0], ["100"], [True]])
def test_read_blocks__not_what_was_asked__refused(slots: list[object]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_blocks(result_of(questions.blocks(100, 200), slots), NODE)


def test_read_blocks__in_range__as_they_are() -> None:
    assert read_blocks(result_of(questions.blocks(100, 200), [100, 150, 200]), NODE) == (100, 150, 200)
    assert read_blocks(result_of(questions.blocks(100, 200), []), NODE) == ()
    assert read_blocks(result_of(questions.first_block_from(100), [500]), NODE) == (500,)


def test_read_block__first_of_an_epoch__fees_only_whatever_stands_first() -> None:
    rows = [
        {"pubkey": "v", "lamports": 0, "postBalance": 1, "rewardType": "Voting", "commission": 7},
        {"pubkey": "s", "lamports": 9, "postBalance": 1, "rewardType": "Staking", "commissionBps": 750},
        {"pubkey": "x", "lamports": -1_600_000_000, "postBalance": 1, "rewardType": "VATDebit"},
        fee(7_507, "anybody"),
        fee(2**52, "collector"),
    ]
    read = read_block(result_of(questions.block(100), block(100, 97, rows, time=1765863841)), NODE)
    assert read.fees == 7_507 + 2**52
    assert [reward.commission_bps for reward in read.rewards] == [700, 750, None, None, None]
    assert (read.slot, read.parent_slot) == (100, 97)
    header = read_block_header(result_of(questions.block(100), block(100, 97, rows, time=1765863841)), NODE)
    assert header.block_time == datetime(2025, 12, 16, 5, 44, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "tells"),
    [
        ({}, False),
        ({"transactions": None}, False),
        ({"signatures": []}, True),
        ({"signatures": ["s"]}, False),
        ({"signatures": ["s"], "rewards": [fee(5)]}, True),
    ],
    ids=str,
)
def test_read_block__without_fee_row__tells_fees_only_if_empty(shown: dict[str, Any], tells: bool) -> None:
    for question in (questions.block(100), questions.block_signatures(100)):
        told = result_of(question, block(100) | shown)
        assert read_block(told, NODE).tells_fees == tells
        # Such a block is asked for again by the next run: a node may have its rewards by then.
        assert question.accepts(told) == tells


@pytest.mark.parametrize(
    "change",
    [
        {"rewards": None},
        {"parentSlot": 100},
        {"parentSlot": "99"},
        {"rewards": [fee(-1)]},
        {"rewards": [fee(0)]},
        {"rewards": [fee(5), {**fee(1), "rewardType": None}]},
        {"rewards": [fee(5), {**fee(1), "rewardType": "FEE"}]},
        {"rewards": [fee(5), {**fee(1), "rewardType": ["Fee"]}]},
        {"rewards": [fee(5)], "signatures": 7},
        {"rewards": [{**fee(1), "lamports": 1.0}]},
        {"rewards": [{**fee(1), "lamports": "1"}]},
        {"rewards": [{**fee(1), "pubkey": ""}]},
        {"rewards": [{**fee(1), "lamports": 2**63}]},
    ],
    ids=str,
)
def test_read_block__wrong_field__refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_block(result_of(questions.block(100), block(100) | change), NODE)


def test_read_block__null__no_block_and_no_zero() -> None:
    with pytest.raises(UnreadableAnswer, match="no such block"):
        read_block(result_of(questions.block(100), None), NODE)


def transaction(payer: str, fee: int, keys: list[str], moved: int = 0, signers: int = 1) -> dict[str, Any]:
    """A transaction at detail level `accounts`; `moved` lamports leave the second account."""
    accounts = [payer, *keys]
    before = [10**9] * len(accounts)
    after = list(before)
    after[1] -= moved
    return {
        "transaction": {
            "accountKeys": [
                {"pubkey": key, "signer": position < signers, "writable": True} for position, key in enumerate(accounts)
            ],
            "signatures": [f"signature {next(NUMBERS)}" for _ in range(signers)],
        },
        "meta": {"err": None, "fee": fee, "preBalances": before, "postBalances": after},
        "version": "legacy",
    }


def votes_in(*transactions: dict[str, Any]) -> list[tuple[tuple[str, str], int]]:
    shown = block(100) | {"transactions": list(transactions)}
    return list(read_block_votes(result_of(questions.block_accounts(100), shown), NODE).fees)


def mistyped(**change: object) -> dict[str, Any]:
    """A vote with a field of its transaction, of its last key or of its meta changed."""
    one = transaction("id1", 5000, ["vote1", VOTE_PROGRAM])
    for name, value in change.items():
        holder = one["meta"] if name in one["meta"] else one["transaction"]
        holder = one["transaction"]["accountKeys"][-1] if name in ("signer", "pubkey") else holder
        (one if name in one else holder)[name] = value
    return one


@pytest.mark.parametrize(
    "change",
    [
        {"signer": None},
        {"signer": "false"},
        {"pubkey": ["x"]},
        {"pubkey": -1},
        {"pubkey": ""},
        {"preBalances": ["1", "1", "1"]},
        {"preBalances": [10**9]},
        {"postBalances": [10**9, 10**9]},
        {"postBalances": [10**9, 10**9, 10**9, 10**9]},
        {"postBalances": [10**9, None, 10**9]},
        {"postBalances": [10**9, 10**30, 10**9]},
        {"signatures": None},
        {"fee": "5000"},
        {"meta": []},
        {"meta": "none"},
        {"transaction": []},
    ],
    ids=str,
)
def test_read_block_votes__vote_with_a_mistyped_field__refused_and_never_no_vote(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer) as refused:
        votes_in(mistyped(**change))
    assert not isinstance(refused.value, ReaderStumbled)


def test_read_block_votes__transaction_listed_twice__refused() -> None:
    one = transaction("id1", 5000, ["vote1", VOTE_PROGRAM])
    with pytest.raises(UnreadableAnswer, match="2 transactions with 1 different first signatures"):
        votes_in(one, one)
    shown = block(100, rewards=[fee(5_000)]) | {"transactions": [one, one]}
    with pytest.raises(UnreadableAnswer, match="listed twice"):
        read_block(result_of(questions.block_split(100), shown), NODE)


def test_read_block_votes__votes_of_two_payers__each_with_its_fee() -> None:
    failed = transaction("id1", 5000, ["vote1", VOTE_PROGRAM])
    failed["meta"]["err"] = {"InstructionError": [0, "Custom"]}
    fees = votes_in(
        transaction("id1", 5000, ["vote1", VOTE_PROGRAM]),
        failed,
        transaction("id2", 10_000, ["authority", "vote2", CLOCK, VOTE_PROGRAM], signers=2),
    )
    assert fees == [(("id1", "vote1"), 5_000), (("id1", "vote1"), 5_000), (("id2", "vote2"), 10_000)]


def test_read_block_votes__what_is_no_vote__not_counted() -> None:
    assert (
        votes_in(
            transaction("id1", 5000, ["target", "11111111111111111111111111111111"]),
            transaction("id1", 5000, ["vote1", VOTE_PROGRAM], moved=5),
            transaction("id1", 5000, ["vote1", "recipient", VOTE_PROGRAM]),
            transaction("id1", 15000, ["a", "b", "vote1", VOTE_PROGRAM], signers=3),
        )
        == []
    )


@pytest.mark.parametrize("fee_value", [None, "5000", 5000.0, -1])
def test_read_block_votes__no_exact_fee__refused(fee_value: object) -> None:
    broken = transaction("id1", 5000, ["vote1", VOTE_PROGRAM])
    broken["meta"]["fee"] = fee_value
    with pytest.raises(UnreadableAnswer):
        votes_in(broken)


def reward(epoch: int, amount: object, **more: object) -> dict[str, object]:
    return {"epoch": epoch, "effectiveSlot": 900, "amount": amount, "postBalance": 2**64 - 1, **more}


def test_read_inflation_rewards__more_than_the_account_then_held__refused() -> None:
    question = questions.inflation_rewards(EpochNumber(7), ["a"])
    assert read_inflation_rewards(result_of(question, [reward(7, 9, postBalance=9)]), NODE)["a"] is not None
    with pytest.raises(UnreadableAnswer, match="10 lamports were paid into an account that then held 9"):
        read_inflation_rewards(result_of(question, [reward(7, 10, postBalance=9)]), NODE)


def test_read_inflation_rewards__null_is_not_zero() -> None:
    question = questions.inflation_rewards(EpochNumber(7), ["a", "b", "c"])
    rows = [reward(7, 0, commission=0), None, reward(7, 77432940417, commissionBps=995)]
    rewards = read_inflation_rewards(result_of(question, rows), NODE)
    zero, absent, paid = rewards["a"], rewards["b"], rewards["c"]
    assert zero is not None
    assert (zero.lamports, zero.commission_bps) == (0, 0)
    assert absent is None
    assert paid is not None
    assert (paid.lamports, paid.commission_bps) == (77432940417, 995)


@pytest.mark.parametrize(
    "rows",
    [
        [reward(6, 1), None],
        [reward(7, 1)],
        [reward(7, 1), None, None],
        [reward(7, -1), None],
        [reward(7, "1"), None],
        [{"amount": 1, "effectiveSlot": 1}, None],
        {"a": 1},
    ],
    ids=str,
)
def test_read_inflation_rewards__wrong_epoch_length_or_row__refused(rows: object) -> None:
    question = questions.inflation_rewards(EpochNumber(7), ["a", "b"])
    with pytest.raises(UnreadableAnswer):
        read_inflation_rewards(result_of(question, rows), NODE)
    assert not question.accepts(result_of(question, rows))


def vote_account(**change: object) -> dict[str, object]:
    row = {"votePubkey": "v", "nodePubkey": "n", "activatedStake": 10**18, "commission": 7}
    return {key: value for key, value in (row | change).items() if value is not None}


@pytest.mark.parametrize(
    ("change", "bps"),
    [
        ({}, 700),
        ({"inflationRewardsCommissionBps": 995}, 995),
        ({"commission": None, "inflationRewardsCommissionBps": 0}, 0),
        ({"commission": 255}, 10_000),
        ({"inflationRewardsCommissionBps": 20_000}, 10_000),
    ],
)
def test_read_vote_accounts__percent_or_bps__bps(change: dict[str, object], bps: int) -> None:
    shown = {"current": [], "delinquent": [vote_account(**change)]}
    account = read_vote_accounts(result_of(questions.vote_accounts(), shown), NODE)["v"]
    assert (account.commission_bps, account.delinquent, account.active_stake) == (bps, True, 10**18)


@pytest.mark.parametrize(
    "shown",
    [
        {"current": [vote_account(commission=None)], "delinquent": []},
        {"current": [vote_account()], "delinquent": [vote_account()]},
        {"current": [], "delinquent": []},
        {"current": [vote_account()]},
        {"current": [vote_account(activatedStake=1.5)], "delinquent": []},
    ],
    ids=["no commission", "twice", "nobody", "half", "float"],
)
def test_read_vote_accounts__incomplete__refused(shown: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_vote_accounts(result_of(questions.vote_accounts(), shown), NODE)


def stake_account(key: str, kind: str = "delegated", **delegation: object) -> dict[str, Any]:
    stake = {"voter": "v", "stake": "9722905981190890", "activationEpoch": "5", "deactivationEpoch": str(U64_MAX)}
    authorized = {"staker": "st", "withdrawer": "wi"}
    info: dict[str, Any] = {"meta": {"rentExemptReserve": "2282880", "authorized": authorized, "lockup": {}}}
    if kind == "delegated":
        info["stake"] = {"creditsObserved": 1, "delegation": stake | delegation}
    return {"pubkey": key, "account": {"lamports": 1, "data": {"parsed": {"type": kind, "info": info}}}}


def test_read_stake_accounts__all_types__exact_and_sorted() -> None:
    rows = [
        stake_account("c", deactivationEpoch="9"),
        stake_account("a", activationEpoch=str(U64_MAX)),
        stake_account("b", kind="initialized"),
        stake_account("d", kind="uninitialized"),
    ]
    a, b, c = read_stake_accounts(result_of(questions.stake_accounts("v"), rows), NODE)
    assert (a.stake_key, a.stake, a.activation_epoch, a.deactivation_epoch) == ("a", 9722905981190890, U64_MAX, None)
    assert (b.voter_key, b.stake, b.activation_epoch) == (None, 0, None)
    assert (c.deactivation_epoch, c.staker_key, c.withdrawer_key) == (9, "st", "wi")


@pytest.mark.parametrize("stake", [2**53 + 1, 10**18 - 1, 10**18])
def test_read_stake_accounts__more_than_a_float_holds__exact(stake: int) -> None:
    rows = [stake_account("a", stake=str(stake)), stake_account("b", stake=str(stake), deactivationEpoch="9")]
    accounts = read_stake_accounts(result_of(questions.stake_accounts("v"), rows), NODE)
    assert [account.stake for account in accounts] == [stake, stake]


@pytest.mark.parametrize("stake", [10**18 + 1, 18_446_743_932_763_646_000, U64_MAX])
def test_read_stake_accounts__more_than_there_is__refused_by_name(stake: int) -> None:
    rows = [stake_account("a", stake=str(stake))]
    with pytest.raises(UnreadableAnswer, match=f"{stake} is more than 1000000000 SOL, which is more than there are"):
        read_stake_accounts(result_of(questions.stake_accounts("v"), rows), NODE)


@pytest.mark.parametrize("stake", ["1.5", "-1", "", "٣", "18446744073709551616", None, 1.5])
def test_read_stake_accounts__no_u64_text__refused(stake: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_stake_accounts(result_of(questions.stake_accounts("v"), [stake_account("a", stake=stake)]), NODE)


@pytest.mark.parametrize("kind", ["delegated", "initialized"])
def test_read_stake_accounts__signs_that_no_table_holds__written_out(kind: str) -> None:
    (found,) = read_stake_accounts(result_of(questions.stake_accounts("v"), [stake_account("a\0", kind=kind)]), NODE)
    assert found.stake_key == "a\\x00"


@pytest.mark.parametrize("rows", [[stake_account("a")] * 2, [stake_account("a", kind="new")], [{"pubkey": "a"}]])
def test_read_stake_accounts__twice_or_unknown__refused(rows: object) -> None:
    with pytest.raises(UnreadableAnswer):
        read_stake_accounts(result_of(questions.stake_accounts("v"), rows), NODE)


def recorded(shared_data: Path, name: str) -> Any:
    return json.loads((shared_data / "solana" / "recorded" / name).read_bytes())


def test_read_inflation_rewards__real_recordings__parse(shared_data: Path) -> None:
    seen: dict[str, int | None] = {}
    for name in ("get_inflation_reward.json", "total_rewards_from_vote_accounts.json"):
        for exchange in recorded(shared_data, name):
            params = exchange["request"]["params"]
            question = questions.inflation_rewards(params[1]["epoch"], params[0])
            if "error" in exchange["response"]:
                assert not question.accepts(answer_to(question, exchange["response"]))
                continue
            rewards = read_inflation_rewards(answer_to(question, exchange["response"]), NODE)
            seen |= {address: None if item is None else item.lamports for address, item in rewards.items()}
    assert seen["9GJmEHGom9eWo4np4L5vC6b6ri1Df2xN8KFoWixvD1Bs"] == 77432940417


def test_read_blocks_and_accounts__real_recordings__parse(shared_data: Path) -> None:
    (epoch,) = recorded(shared_data, "epoch_get.json")
    assert read_epoch_info(answer_to(questions.epoch_info(), epoch["response"]), NODE).epoch == 191
    votes = recorded(shared_data, "get_vote_accounts_testnet_2020.json")
    assert read_vote_accounts(answer_to(questions.vote_accounts(), votes), NODE)
    for item in recorded(shared_data, "real_excerpts.json")["blocks"]:
        assert read_block(result_of(questions.block(item["slot"]), item["result"]), NODE).rewards
    old = recorded(shared_data, "recorded_results_testnet_epoch207.json")["getBlock"]
    assert read_block(result_of(questions.block(old["parentSlot"] + 1), old), NODE).fees == 1_595_000


def test_rpc_error__where_a_result_was_expected__told_in_words() -> None:
    answer = error_of(questions.block(100), -32001, "Block 100 cleaned up, does not exist on node", {"slot": 1})
    with pytest.raises(UnreadableAnswer) as caught:
        read_block(answer, NODE)
    assert caught.value.problem == "the node reports error -32001: Block 100 cleaned up, does not exist on node"
    assert "aurora backfill CHAIN EPOCH --refetch" in str(caught.value.remedy)


def test_read_vote_states__absent_account_between_others__each_address_its_own() -> None:
    def state(identity: str) -> dict[str, Any]:
        info = {"nodePubkey": identity, "commission": 7, "epochCredits": []}
        return {"data": {"parsed": {"type": "vote", "info": info}}}

    question = questions.vote_states(["a", "b", "c"])
    shown = {"context": {"slot": 1}, "value": [state("id-a"), None, state("id-c")]}
    states = read_vote_states(result_of(question, shown), NODE)
    assert {key: one and one.identity_key for key, one in states.items()} == {"a": "id-a", "b": None, "c": "id-c"}
    shown["value"] = [state("id-a"), state("id-c")]
    with pytest.raises(UnreadableAnswer, match="2 accounts for 3 addresses"):
        read_vote_states(result_of(question, shown), NODE)
