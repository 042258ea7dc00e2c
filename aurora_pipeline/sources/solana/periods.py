"""What a Solana node knows about epochs: where the head is, and the slots and instants an ended epoch spans."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.family import ChainHead, PeriodBounds
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.blocks import BlockHeader, parent_hash, read_block_header
from aurora_pipeline.sources.solana.answers.epochs import (
    EpochSchedule,
    read_blocks,
    read_epoch_info,
    read_epoch_schedule,
)

# While a chain warms up, its epochs double in length, beginning with this many slots.
_FIRST_EPOCH_SLOTS: Final = 32

AskNode = Callable[[Question], Awaitable[Answer]]


async def head(ask: Ask, provider: str) -> ChainHead:
    """Where the finalized head of the chain is."""
    info = read_epoch_info((await ask([questions.epoch_info()]))[0], provider)
    return ChainHead(info.epoch, info.absolute_slot, info.first_slot, info.last_slot)


async def bounds(epoch: EpochNumber, ask: Ask, provider: str) -> PeriodBounds:
    """The bounds of an epoch that has ended, proven at both ends by the parents of the blocks after them.

    Raises UnreadableAnswer where the node cannot tell, for example because its history begins later.
    """
    answers: list[Answer] = []

    async def told(question: Question) -> Answer:
        answers.extend(await ask([question]))
        return answers[-1]

    schedule = read_epoch_schedule(await told(questions.epoch_schedule()), provider)
    first_slot, last_slot = slots_of(epoch, schedule)
    listing = await told(questions.first_block_from(first_slot))
    first = await _block(told, _only(listing, provider, "the epoch has no block, or the node removed it"), provider)
    if first.parent_slot >= first_slot and first_slot > 0:
        problem = f"its first block from {first_slot} on is {first.slot}, but an earlier one is its parent"
        raise UnreadableAnswer(provider, listing.request_key, f"{problem}: the node's history begins too late")
    following = await told(questions.first_block_from(last_slot + 1))
    after = await _block(told, _only(following, provider, "no block after the epoch: it has not ended"), provider)
    last_block_slot = after.parent_slot
    if not first.slot <= last_block_slot <= last_slot:
        problem = f"block {after.slot} after the epoch has the parent {last_block_slot}, which is not in the epoch"
        raise UnreadableAnswer(provider, following.request_key, problem)
    last = first if last_block_slot == first.slot else await _block(told, last_block_slot, provider)
    _check_follows(after, last, provider)
    return PeriodBounds(
        epoch=EpochNumber(epoch),
        first_slot=first_slot,
        last_slot=last_slot,
        first_block_slot=first.slot,
        last_block_slot=last.slot,
        started_at=_time(first, provider),
        ended_at=_time(last, provider),
        answers=tuple(answers),
    )


def slots_of(epoch: EpochNumber, schedule: EpochSchedule) -> tuple[int, int]:
    """The first and last slot of an epoch."""
    if epoch >= schedule.first_normal_epoch:
        first = schedule.first_normal_slot + (epoch - schedule.first_normal_epoch) * schedule.slots_per_epoch
        return first, first + schedule.slots_per_epoch - 1
    # 32 + 64 + 128 + ...: the epochs before this one hold 32 * (2^epoch - 1) slots.
    first = _FIRST_EPOCH_SLOTS * (2**epoch - 1)
    return first, first + _FIRST_EPOCH_SLOTS * 2**epoch - 1


def _only(answer: Answer, provider: str, problem: str) -> int:
    listed = read_blocks(answer, provider)
    if not listed:
        raise UnreadableAnswer(provider, answer.request_key, problem)
    return listed[0]


async def _block(told: AskNode, slot: int, provider: str) -> BlockHeader:
    return read_block_header(await told(questions.block(slot)), provider)


def _check_follows(after: BlockHeader, last: BlockHeader, provider: str) -> None:
    """Refuse a block that is not the one whose slot the next one names: a node does not repeat the slot it was asked
    about, and the instant of another block is none of the epoch's end."""
    expected, found = parent_hash(after.result), last.result.get("blockhash")
    if expected is not None and found is not None and expected != found.text():
        problem = f"it has the hash {found.text()}, and block {after.slot} follows {expected}: it is another block"
        raise UnreadableAnswer(provider, questions.block(last.slot).key, problem)


def _time(block: BlockHeader, provider: str) -> datetime:
    if block.block_time is None:
        raise UnreadableAnswer(provider, questions.block(block.slot).key, "the block has no time")
    return block.block_time
