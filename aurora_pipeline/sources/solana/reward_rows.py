"""What the first blocks of an epoch paid for the epoch before: commission to collectors, then rewards to stakers.

The same rows stand behind getInflationReward. That method takes a hundred addresses at a time; these blocks hold the
whole cluster, about 4096 stakers each, so they are the cheaper source where an operator has very many stakers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import UnreadableAnswer, reader
from aurora_pipeline.foundation.units import Lamports
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.sources.solana.amounts import too_much_paid
from aurora_pipeline.sources.solana.answers.blocks import (
    ADMISSION,
    REWARD_TYPES,
    STAKING,
    VOTING,
    asked_slot,
    read_block_header,
)
from aurora_pipeline.sources.solana.blocks import has_transactions
from aurora_pipeline.store.payloads.answers import Answer

_PAID: Final = (VOTING, STAKING)


@dataclass(frozen=True)
class BlockPayments:
    """The reward rows of one block that are no fees, by who received them."""

    slot: int
    parent_slot: int
    partitions: int | None
    """In how many of the following blocks stakers are paid; only the first block of an epoch says so."""
    voting: Mapping[str, Lamports]
    staking: Mapping[str, Lamports]
    admissions: Mapping[str, Lamports]
    """What vote accounts were charged for taking part in consensus (SIMD-0357)."""


@dataclass(frozen=True)
class PaidInBlocks:
    """What the first blocks after an epoch say was paid for it."""

    first_slot: int
    commissions: Mapping[str, Lamports]
    """By receiving account; one that collects for several validators has one row."""
    stakers: Mapping[str, Lamports] | None
    """By stake account; None unless every block in which stakers are paid was read."""


@reader
def read_block_payments(answer: Answer, provider: str) -> BlockPayments:
    """getBlock: its reward rows by type. One pass over plain values, because a block can have 4096 of them."""
    header = read_block_header(answer, provider)
    rows = header.result["rewards"].value
    if not isinstance(rows, list):
        header.result["rewards"].refuse("expected a list")
    paid: dict[str, dict[str, Lamports]] = {VOTING: {}, STAKING: {}, ADMISSION: {}}
    for number, row in enumerate(rows):
        kind = row.get("rewardType") if isinstance(row, dict) else None
        if not isinstance(kind, str) or kind not in REWARD_TYPES:
            header.result["rewards"].refuse(f"row {number} is of no type of reward that is known: {str(kind)[:60]!r}")
        if kind not in paid:
            continue
        address, amount = row.get("pubkey"), row.get("lamports")
        is_charge = kind == ADMISSION
        if not isinstance(address, str) or not address or type(amount) is not int:
            header.result["rewards"].refuse(f"row {number} has no address or no exact amount")
        lamports = Lamports(amount)
        too_much = too_much_paid(lamports)
        if too_much is not None:
            header.result["rewards"].refuse(f"row {number}: {too_much}")
        if (lamports > 0) if is_charge else (lamports < 0):
            header.result["rewards"].refuse(f"row {number} is a {kind} of {lamports} lamports")
        if address in paid[kind]:
            # Several validators that share a collector have one row together, so a second one is no payment.
            header.result["rewards"].refuse(f"row {number} is the second {kind} of {address}")
        paid[kind][address] = abs(lamports)
    return BlockPayments(
        header.slot, header.parent_slot, header.reward_partitions, paid[VOTING], paid[STAKING], paid[ADMISSION]
    )


def blocks_after(answers: Sequence[Answer], provider: str, last_slot: int) -> list[Answer]:
    """The answers of a fetch that are blocks after an epoch, by slot."""
    asked = [answer for answer in answers if asked_method(answer) == "getBlock" and not has_transactions(answer)]
    later = [(asked_slot(answer, provider), answer) for answer in asked]
    return [answer for slot, answer in sorted(later, key=lambda item: item[0]) if slot > last_slot]


@reader
def read_paid_in_blocks(answers: Sequence[Answer], provider: str, last_slot: int) -> PaidInBlocks | None:
    """What the blocks after an epoch paid for it; None where the first of them is not among the answers.

    Refuses blocks that do not follow each other: a missing one could have paid somebody.
    """
    blocks = [read_block_payments(answer, provider) for answer in blocks_after(answers, provider, last_slot)]
    if not blocks or blocks[0].parent_slot > last_slot:
        return None
    first, following = blocks[0], blocks[1:]
    if first.partitions is None or len(following) < first.partitions:
        return PaidInBlocks(first.slot, first.voting, None)
    stakers: dict[str, Lamports] = {}
    for before, block in zip(blocks, following[: first.partitions], strict=False):
        if block.parent_slot != before.slot:
            problem = f"block {block.slot} does not follow block {before.slot}: stakers may be paid in between"
            raise UnreadableAnswer(provider, answers[0].request_key, problem)
        again = next((address for address in block.staking if address in stakers), None)
        if again is not None:
            problem = f"block {block.slot} pays stake account {again} a second time"
            raise UnreadableAnswer(provider, answers[0].request_key, problem)
        stakers |= block.staking
    return PaidInBlocks(first.slot, first.voting, stakers)
