"""Answers of getBlock with all transactions: what was paid for each vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.asking.reading import U64_MAX, Node, reader
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.json_rpc import asked_params
from aurora_pipeline.sources.solana.amounts import PAID_MAX
from aurora_pipeline.sources.solana.answers.blocks import (
    FEE,
    SIGNATURE_FEE,
    TransactionFees,
    asked_slot,
    block_of,
    parent_slot_of,
    reward_of,
)
from aurora_pipeline.store.payloads.answers import Answer

VOTE_PROGRAM: Final = "Vote111111111111111111111111111111111111111"
_VOTE_SYSVARS: Final = frozenset(
    ("SysvarC1ock11111111111111111111111111111111", "SysvarS1otHashes111111111111111111111111111")
)
_VOTE_SIGNERS_MAX: Final = 2


@dataclass(frozen=True)
class BlockVotes:
    """The votes of one block: fee payer and vote account, and the fee of each."""

    slot: int
    parent_slot: int
    fees: Sequence[tuple[tuple[str, str], Lamports]]
    transactions: int
    """How many it has, votes and others."""
    paid_out: Lamports | None
    """The sum of its Fee rows, which its transactions paid; None where they were not asked for."""


@reader
def read_block_votes(answer: Answer, provider: str) -> BlockVotes:
    """getBlock with accounts: what was paid for each vote, failed ones too (they pay).

    Without instructions a vote is known by its accounts: one vote account, which keeps its balance, beside the
    vote program, sysvars and at most two signers. A withdrawal from a vote account moves lamports and is none.
    """
    result = block_of(answer, provider)
    rows = result["transactions"].value
    if not isinstance(rows, list):
        result["transactions"].refuse("expected a list")
    fees: list[tuple[tuple[str, str], Lamports]] = []
    signatures = whole = 0
    first_signatures = set[object]()
    for number, row in enumerate(rows):
        try:
            keys = row["transaction"]["accountKeys"]
            signed = row["transaction"]["signatures"]
            vote_key = _voting_account(keys, row["meta"], len(signed))
            payer, fee = keys[0]["pubkey"], row["meta"]["fee"]
            signatures += len(signed)
            first_signatures.add(signed[0])
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            result.refuse(f"transactions[{number}] lacks its accounts or fee ({type(error).__name__} {error})")
        if not isinstance(payer, str) or type(fee) is not int or not 0 <= fee <= PAID_MAX:
            result.refuse(f"transactions[{number}] has no fee payer or no exact fee")
        whole += fee
        if vote_key is not None:
            fees.append(((payer, vote_key), Lamports(fee)))
    if len(first_signatures) != len(rows):
        result["transactions"].refuse(
            f"{len(rows)} transactions with {len(first_signatures)} different first signatures"
        )
    paid_out = _paid_out(answer, result)
    left = TransactionFees(Lamports(SIGNATURE_FEE * signatures), Lamports(whole)).left_to_pay
    if paid_out is not None and paid_out > left:
        problem = f"its Fee rows pay {paid_out} lamports, its transactions left {left}: some are left out"
        result["transactions"].refuse(problem)
    place = asked_slot(answer, provider), parent_slot_of(result, answer, provider)
    return BlockVotes(*place, fees, len(rows), paid_out)


def _paid_out(answer: Answer, result: Node) -> Lamports | None:
    """The sum of a block's Fee rows; None where its rewards were not asked for."""
    params = asked_params(answer)
    options = params[1] if len(params) > 1 and isinstance(params[1], Mapping) else {}
    if options.get("rewards") is False:
        return None
    return total(reward.lamports for reward in map(reward_of, result["rewards"].items()) if reward.reward_type == FEE)


def _voting_account(keys: Sequence[Mapping[str, Any]], meta: Mapping[str, Any], signatures: int) -> str | None:
    """The vote account a transaction votes for; None where it is no vote. It has as many signers as signatures."""
    votes, signers, others = False, 0, list[int]()
    before, after = meta["preBalances"], meta["postBalances"]
    if not len(before) == len(after) == len(keys):
        raise IndexError("an account or a balance is missing")
    # In one pass: an epoch has some hundred million votes.
    for position, key in enumerate(keys):
        address = key["pubkey"]
        if type(address) is not str or not address:
            raise TypeError("pubkey is no text or an empty one")
        if key["signer"] is True:
            signers += 1
        elif key["signer"] is not False:
            raise TypeError("signer is no flag")
        elif address == VOTE_PROGRAM:
            votes = True
        elif address not in _VOTE_SYSVARS:
            others.append(position)
    if signers != signatures:
        raise ValueError(f"{signers} signers with {signatures} signatures")
    if not votes or len(others) != 1 or signers > _VOTE_SIGNERS_MAX:
        return None
    (place,) = others
    is_vote = _balance(before[place]) == _balance(after[place])
    return keys[place]["pubkey"] if is_vote else None


def _balance(value: object) -> int:
    if type(value) is not int or not 0 <= value <= U64_MAX:
        raise TypeError(f"a balance is no whole number from 0 to {U64_MAX}")
    return value
