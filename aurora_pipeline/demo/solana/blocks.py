"""Blocks as a Solana node answers them: header, reward rows, and transactions in the levels of detail it offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from aurora_pipeline.demo.json_text import compact_json
from aurora_pipeline.demo.solana.chain import SIGNATURE_FEE, EpochChain, UserTransaction
from aurora_pipeline.demo.solana.world import World
from aurora_pipeline.foundation.addresses import base58_encode

VOTE_PROGRAM = "Vote111111111111111111111111111111111111111"
SYSTEM_PROGRAM = "11111111111111111111111111111111"
COMPUTE_BUDGET_PROGRAM = "ComputeBudget111111111111111111111111111111"
_COMPUTE_UNITS = 200_000
_LIMIT_UNITS = base58_encode(b"\x02" + _COMPUTE_UNITS.to_bytes(4, "little"))
_VOTE_COMPUTE_UNITS = 2_100
# What stands in a vote's text where one block differs from the next.
_SIGNATURE, _BEFORE, _AFTER = "signature of a vote", 2**63 - 1, 2**63 - 2


@dataclass(frozen=True)
class TransactionAccount:
    """One account of a transaction, with its balance before and after."""

    key: str
    is_signer: bool
    is_writable: bool
    before: int
    after: int


@dataclass(frozen=True)
class Transaction:
    """A transaction before it is rendered in one of the node's shapes."""

    signatures: list[str]
    accounts: list[TransactionAccount]
    fee: int
    error: dict[str, Any] | None
    version: str | int
    instructions: list[tuple[int, list[int], str, dict[str, Any] | None]]
    """(index of the program, indices of its accounts, data, what a parser would say or None)."""
    compute_units: int


def block_header(world: World, chain: EpochChain, index: int) -> dict[str, Any]:
    """All of a block but its rewards and transactions."""
    parameters = world.parameters
    before = chain.produced.last_until(index - 1) if index else None
    if before is None:
        previous = world.chain(chain.epoch - 1)
        parent = previous.first_slot + previous.block_indices[-1]
    else:
        parent = chain.first_slot + before
    slot = chain.first_slot + index
    header: dict[str, Any] = {
        "blockHeight": world.height_before(chain.epoch) + chain.produced.count_until(index),
        "blockTime": parameters.slot_time(slot),
        "blockhash": parameters.key("blockhash", slot),
        "parentSlot": parent,
        "previousBlockhash": parameters.key("blockhash", parent),
    }
    if before is None:
        header["numRewardPartitions"] = world.economy(chain.epoch - 1).reward_partitions
    return header


def block_rewards(world: World, chain: EpochChain, index: int) -> list[dict[str, Any]]:
    """The block's reward rows: what the epoch before earned first, the leader's fees last."""
    rows = []
    position = chain.produced.count_until(index) - 1
    paid = world.economy(chain.epoch - 1)
    if position == 0:
        # One row per collector: validators that share one cannot be told apart here.
        rows = [
            _reward(collector, amount, world.purses.collected(collector, chain.epoch - 1), "Voting")
            for collector in world.cast.validators_by_collector
            if (amount := paid.commission_paid_to(collector)) is not None
        ]
    elif position <= paid.reward_partitions:
        now = world.economy(chain.epoch)
        rewards = paid.inflation.staker_rewards
        rows = [
            _reward(world.book.key(account), rewards[account], now.lamports(account), "Staking")
            for account in paid.accounts_in_partition(position - 1)
            if rewards[account]
        ]
    fees = chain.fees(index).reward
    if fees:
        identity = world.cast.identity(chain.leader(index), chain.epoch)
        rows.append(_reward(identity, fees, world.purses.after_fees(chain, index), "Fee"))
    return rows


def _reward(key: str, lamports: int, balance: int, kind: str) -> dict[str, Any]:
    # Since SIMD-0232 a node no longer says at which commission a reward was split.
    return {"pubkey": key, "lamports": lamports, "postBalance": balance, "rewardType": kind, "commission": None}


def block_transactions(world: World, chain: EpochChain, index: int) -> Iterator[Transaction]:
    """The votes in the block, then what users paid for."""
    for validator in chain.voters(index):
        yield _vote(world, chain, index, validator)
    yield from _transfers(world, chain, index)


def _transfers(world: World, chain: EpochChain, index: int) -> Iterator[Transaction]:
    for number, user in enumerate(chain.user_transactions(index)):
        yield _transfer(world, chain.first_slot + index, number, user)


def accounts_texts(world: World, chain: EpochChain, index: int) -> Iterator[str]:
    """The block's transactions as `transactionDetails: accounts` gives them with their versions, as JSON.

    Whoever wants exact vote fees asks for every block this way. Of the votes only what differs is written anew.
    """
    slot = chain.first_slot + index
    for validator in chain.voters(index):
        signature = world.parameters.signature(slot, "vote", validator)
        before = world.purses.before_vote(chain, index, validator)
        yield _vote_text(world, chain, validator) % (signature, before, before - SIGNATURE_FEE)
    for transaction in _transfers(world, chain, index):
        yield compact_json(render_accounts(transaction) | {"version": transaction.version})


@lru_cache(maxsize=1024)
def _vote_text(world: World, chain: EpochChain, validator: int) -> str:
    """The JSON of a validator's votes in an epoch, to be completed by a signature and the payer's balances."""
    vote = _vote(world, chain, 0, validator)
    payer = replace(vote.accounts[0], before=_BEFORE, after=_AFTER)
    marked = replace(vote, signatures=[_SIGNATURE], accounts=[payer, *vote.accounts[1:]])
    text = compact_json(render_accounts(marked) | {"version": marked.version}).replace("%", "%%")
    return text.replace(_SIGNATURE, "%s").replace(str(_BEFORE), "%d").replace(str(_AFTER), "%d")


def _vote(world: World, chain: EpochChain, index: int, validator: int) -> Transaction:
    slot = chain.first_slot + index
    identity, vote = world.cast.identity(validator, chain.epoch), world.cast.validators[validator].vote
    balance, held = world.purses.before_vote(chain, index, validator), world.purses.collected(vote, chain.epoch - 1)
    said = {
        "type": "towersync",
        "info": {"voteAccount": vote, "voteAuthority": identity, "towerSync": {"root": slot - 32}},
    }
    return Transaction(
        signatures=[world.parameters.signature(slot, "vote", validator)],
        accounts=[
            TransactionAccount(identity, True, True, balance, balance - SIGNATURE_FEE),
            TransactionAccount(vote, False, True, held, held),
            TransactionAccount(VOTE_PROGRAM, False, False, 1, 1),
        ],
        fee=SIGNATURE_FEE,
        error=None,
        version="legacy",
        instructions=[(2, [1, 0], base58_encode(b"\x0e\0\0\0" + slot.to_bytes(8, "little")), said)],
        compute_units=_VOTE_COMPUTE_UNITS,
    )


def _transfer(world: World, slot: int, number: int, user: UserTransaction) -> Transaction:
    """A transfer with a compute-unit price that yields exactly its priority fee."""
    parameters = world.parameters
    price = user.priority_fee * 1_000_000 // _COMPUTE_UNITS
    sent = 0 if user.has_failed else 1_000_000 + parameters.draw(10**9, "sent", slot, number)
    balance = 50_000_000_000 + parameters.draw(10**12, "payer balance", slot, number)
    payer = TransactionAccount(parameters.key("payer", slot, number), True, True, balance, balance - user.fee - sent)
    cosigners = [
        TransactionAccount(parameters.key("cosigner", slot, number, i), True, False, 890_880, 890_880)
        for i in range(user.signatures - 1)
    ]
    target = TransactionAccount(parameters.key("target", slot, number), False, True, 890_880, 890_880 + sent)
    programs = [TransactionAccount(program, False, False, 1, 1) for program in (SYSTEM_PROGRAM, COMPUTE_BUDGET_PROGRAM)]
    accounts = [payer, *cosigners, target, *programs]
    system, budget = len(accounts) - 2, len(accounts) - 1
    return Transaction(
        signatures=[parameters.signature(slot, "user", number, i) for i in range(user.signatures)],
        accounts=accounts,
        fee=user.fee,
        error={"InstructionError": [2, {"Custom": 1}]} if user.has_failed else None,
        version="legacy" if number % 2 else 0,
        instructions=[
            (budget, [], _LIMIT_UNITS, None),
            (budget, [], base58_encode(b"\x03" + price.to_bytes(8, "little")), None),
            (system, [0, user.signatures], base58_encode(b"\x02\0\0\0" + sent.to_bytes(8, "little")), None),
        ],
        compute_units=450,
    )


def render_accounts(transaction: Transaction) -> dict[str, Any]:
    """A transaction as `transactionDetails: accounts` gives it."""
    meta = _short_meta(transaction)
    return {
        "transaction": {"signatures": transaction.signatures, "accountKeys": _parsed_keys(transaction)},
        "meta": meta,
    }


def render_full(transaction: Transaction, recent_blockhash: str, is_parsed: bool) -> dict[str, Any]:
    """A transaction as `transactionDetails: full` gives it, in the encodings json and jsonParsed."""
    accounts = transaction.accounts
    message: dict[str, Any] = {"recentBlockhash": recent_blockhash}
    if is_parsed:
        message["accountKeys"] = _parsed_keys(transaction)
        message["instructions"] = [
            {"program": "vote", "programId": VOTE_PROGRAM, "parsed": said, "stackHeight": None}
            if said is not None
            else {
                "programId": accounts[program].key,
                "accounts": [accounts[used].key for used in uses],
                "data": data,
                "stackHeight": None,
            }
            for program, uses, data, said in transaction.instructions
        ]
    else:
        signers = [account for account in accounts if account.is_signer]
        message["accountKeys"] = [account.key for account in accounts]
        message["header"] = {
            "numRequiredSignatures": len(signers),
            "numReadonlySignedAccounts": sum(not account.is_writable for account in signers),
            "numReadonlyUnsignedAccounts": sum(not (account.is_signer or account.is_writable) for account in accounts),
        }
        message["instructions"] = [
            {"programIdIndex": program, "accounts": uses, "data": data, "stackHeight": None}
            for program, uses, data, _ in transaction.instructions
        ]
    meta = _short_meta(transaction) | {
        "innerInstructions": [],
        "logMessages": [],
        "rewards": [],
        "loadedAddresses": {"writable": [], "readonly": []},
        "computeUnitsConsumed": transaction.compute_units,
    }
    return {"transaction": {"signatures": transaction.signatures, "message": message}, "meta": meta}


def _parsed_keys(transaction: Transaction) -> list[dict[str, Any]]:
    return [
        {"pubkey": account.key, "signer": account.is_signer, "source": "transaction", "writable": account.is_writable}
        for account in transaction.accounts
    ]


def _short_meta(transaction: Transaction) -> dict[str, Any]:
    return {
        "err": transaction.error,
        "status": {"Ok": None} if transaction.error is None else {"Err": transaction.error},
        "fee": transaction.fee,
        "preBalances": [account.before for account in transaction.accounts],
        "postBalances": [account.after for account in transaction.accounts],
        "preTokenBalances": [],
        "postTokenBalances": [],
    }
