"""What a node lists of an epoch before it is asked for blocks: who leads which slot, and which slots have one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, FetchScope, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.answers.epochs import read_blocks, read_leader_schedule
from aurora_pipeline.sources.solana.blocks import Listing, listing
from aurora_pipeline.sources.solana.errors import trouble_in
from aurora_pipeline.sources.solana.led_blocks import schedule_problem

NO_BLOCKS: Final = "history missing: the node lists no block of the epoch"


@dataclass(frozen=True)
class EpochListing:
    """What is known before blocks are asked for: the answers so far, leaders, slots with a block."""

    answers: tuple[Answer, ...]
    leaders: Mapping[str, Sequence[int]]
    listed: Sequence[int]

    @cached_property
    def listing(self) -> Listing:
        """The slots that have a block, for looking up."""
        return listing(self.listed)


async def with_block_beyond(provider: str, epoch: EpochListing, scope: FetchScope, ask: Ask) -> EpochListing:
    """Add the first block after the epoch, whose parent proves that the epoch's last slots were skipped."""
    answer = (await ask([questions.first_block_from(scope.last_slot + 1)]))[0]
    try:
        beyond = () if trouble_in([answer], provider) else read_blocks(answer, provider)
    except UnreadableAnswer:
        beyond = ()
    return epoch if not beyond else EpochListing((*epoch.answers, answer), epoch.leaders, (*epoch.listed, *beyond))


def each_once(plans: Iterable[Sequence[Question]]) -> list[Question]:
    """The questions of all plans, each key once, in order."""
    return list({question.key: question for plan in plans for question in plan}.values())


def unknown_schedule(provider: str, answer: Answer, scope: FetchScope) -> str | None:
    """Why a leader schedule is not the whole epoch's; None where it is."""
    known = read_leader_schedule(answer, provider)
    if known is None:
        return "the node does not know the epoch's leader schedule, and it was not observed in time"
    return schedule_problem(known, scope.first_slot, scope.last_slot)
