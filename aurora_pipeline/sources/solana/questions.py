"""The questions a Solana node is asked: pure builders of JSON-RPC requests. Equal questions have equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Question, is_ok
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.solana.answers.accounts import (
    STAKE_HISTORY,
    STAKE_PROGRAM,
    read_stake_accounts,
    read_stake_history,
    read_stake_states,
    read_vote_states,
)
from aurora_pipeline.sources.solana.answers.blocks import Block, read_block
from aurora_pipeline.sources.solana.answers.epochs import (
    read_blocks,
    read_epoch_info,
    read_epoch_schedule,
    read_leader_schedule,
)
from aurora_pipeline.sources.solana.answers.rewards import read_inflation_rewards
from aurora_pipeline.sources.solana.answers.vote_accounts import read_vote_accounts
from aurora_pipeline.sources.solana.answers.votes import read_block_votes

REWARD_ADDRESSES_MAX: Final = 100
VOTE_STATES: Final = "vote accounts"
"""The kind of questions about vote accounts."""
STAKE_STATES: Final = "stake accounts"
"""The kind of questions about single stake accounts."""
STAKE_PAST: Final = "stake of past epochs"
"""The kind of question about the whole cluster's stake."""
PAYING_BLOCK: Final = "block that pays stakers"
"""The kind of questions about the blocks that pay all stakers, in place of questions about each of them."""
ACCOUNTS_MAX: Final = 100
"""A node takes so many addresses in one getMultipleAccounts."""
_STAKE_ACCOUNT_BYTES: Final = 200
_VOTER_OFFSET: Final = 124
_FINALIZED: Final = {"commitment": "finalized"}

AnswerReader = Callable[[Answer, str], object]


def _settles(reader: AnswerReader) -> Callable[[Answer], bool]:
    """An answer settles its question when it reads as one; errors, null and garbage are asked again."""

    def accepts(answer: Answer) -> bool:
        try:
            return is_ok(answer) and reader(answer, "") is not None
        except UnreadableAnswer:
            return False

    return accepts


def _rpc(key: str, method: str, params: list[Any], reader: AnswerReader, kind: str = "") -> Question:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return Question(key=key, path="", body=body, accepts=_settles(reader), kind=kind)


def epoch_info() -> Question:
    """Where the finalized head is."""
    return _rpc("getEpochInfo", "getEpochInfo", [_FINALIZED], read_epoch_info)


def epoch_schedule() -> Question:
    """How slots map to epochs."""
    return _rpc("getEpochSchedule", "getEpochSchedule", [], read_epoch_schedule)


def leader_schedule(slot: int) -> Question:
    """Who leads which slot of the epoch that holds `slot`."""
    return _rpc(f"getLeaderSchedule {slot}", "getLeaderSchedule", [slot, _FINALIZED], read_leader_schedule)


def blocks(first_slot: int, last_slot: int) -> Question:
    """Which slots have a block."""
    params = [first_slot, last_slot, _FINALIZED]
    return _rpc(f"getBlocks {first_slot} {last_slot}", "getBlocks", params, read_blocks)


def first_block_from(slot: int) -> Question:
    """The first slot from `slot` on that has a block."""
    return blocks_from(slot, 1)


def blocks_from(slot: int, count: int) -> Question:
    """The first so many slots from `slot` on that have a block."""

    def whole(answer: Answer, provider: str) -> object:
        # Fewer than asked for means that the chain had no more yet: such an answer must not serve again.
        slots = read_blocks(answer, provider)
        return slots if len(slots) == count else None

    return _rpc(f"getBlocksWithLimit {slot} {count}", "getBlocksWithLimit", [slot, count, _FINALIZED], whole)


def block(slot: int) -> Question:
    """A block's rewards, without its transactions."""
    return _rpc(f"getBlock {slot} none", "getBlock", [slot, _block_options("none")], _telling_fees)


def paying_block(slot: int) -> Question:
    """A block in which stakers are paid."""
    return replace(block(slot), kind=PAYING_BLOCK)


def block_signatures(slot: int) -> Question:
    """A block's rewards and the signatures of its transactions: whether it has any that could have paid fees."""
    return _rpc(f"getBlock {slot} signatures", "getBlock", [slot, _block_options("signatures")], _telling_fees)


def _telling_fees(answer: Answer, provider: str) -> Block | None:
    # A node that kept no rewards may keep them by now, or be another one behind the same address.
    shown = read_block(answer, provider)
    return shown if shown.tells_fees else None


def block_accounts(slot: int) -> Question:
    """A block's transactions with accounts and fees, without instructions; its Fee rows prove that none is left out."""
    return replace(block_split(slot), accepts=_settles(read_block_votes))


def block_split(slot: int) -> Question:
    """A block's rewards and its transactions with accounts and fees: enough to tell base from priority fees."""
    return _rpc(f"getBlock {slot} rewards and accounts", "getBlock", [slot, _block_options("accounts")], _telling_fees)


def _block_options(details: str) -> dict[str, Any]:
    return {
        "encoding": "json",
        "transactionDetails": details,
        "rewards": True,
        "commitment": "finalized",
        "maxSupportedTransactionVersion": 1,
    }


def inflation_rewards(epoch: EpochNumber, addresses: Sequence[str]) -> Question:
    """What addresses received for an epoch."""
    key = f"getInflationReward {epoch} {_named(addresses)}"
    params = [list(addresses), {"epoch": epoch, **_FINALIZED}]
    return _rpc(key, "getInflationReward", params, read_inflation_rewards)


def vote_states(vote_keys: Sequence[str]) -> Question:
    """Vote accounts with all their data, as they are now."""
    params = [list(vote_keys), {"encoding": "jsonParsed", **_FINALIZED}]
    return _rpc(
        f"getMultipleAccounts vote {_named(vote_keys)}", "getMultipleAccounts", params, read_vote_states, VOTE_STATES
    )


def stake_states(stake_keys: Sequence[str]) -> Question:
    """Some stake accounts as they are now."""
    params = [list(stake_keys), {"encoding": "jsonParsed", **_FINALIZED}]
    return _rpc(
        f"getMultipleAccounts stakes {_named(stake_keys)}",
        "getMultipleAccounts",
        params,
        read_stake_states,
        STAKE_STATES,
    )


def stake_history() -> Question:
    """The whole cluster's stake in past epochs."""
    params = [[STAKE_HISTORY], {"encoding": "jsonParsed", **_FINALIZED}]
    return _rpc("getMultipleAccounts stake history", "getMultipleAccounts", params, read_stake_history, STAKE_PAST)


def _named(addresses: Sequence[str]) -> str:
    # The addresses are named by a hash: a hundred of them are too long for a key that is indexed.
    named = hashlib.sha256(" ".join(addresses).encode()).hexdigest()[:32]
    return f"{addresses[0]} and {len(addresses) - 1} more {named}"


def vote_accounts() -> Question:
    """All vote accounts as they are now."""
    params = [{**_FINALIZED, "keepUnstakedDelinquents": True}]
    return _rpc("getVoteAccounts", "getVoteAccounts", params, read_vote_accounts)


def stake_accounts(vote_key: str) -> Question:
    """All stake accounts that are delegated to a vote account, as they are now."""
    filters = [{"dataSize": _STAKE_ACCOUNT_BYTES}, {"memcmp": {"offset": _VOTER_OFFSET, "bytes": vote_key}}]
    params = [STAKE_PROGRAM, {"encoding": "jsonParsed", **_FINALIZED, "filters": filters}]
    return _rpc(f"getProgramAccounts stake {vote_key}", "getProgramAccounts", params, read_stake_accounts)
