"""The blocks of a validator in a node's answers: each as it was executed, or why it is not told."""

from __future__ import annotations

from collections.abc import Sequence

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.asking.proposals import Payload
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.blocks_told import ExecutedBlock, disagreement
from aurora_pipeline.sources.evm.answers import (
    BLOCK_BY_NUMBER,
    CHAIN_ID,
    HEAD,
    RECEIPTS,
    asked_number,
    read_block,
    read_chain_id,
    read_head,
    read_receipts,
)
from aurora_pipeline.sources.evm.errors import lack_in
from aurora_pipeline.sources.evm.executed import executed
from aurora_pipeline.sources.json_rpc import answers_to
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState


def blocks_in(answers: Sequence[Answer], provider: str) -> dict[int, ExecutedBlock | Missing]:
    """Every block that answers are about, by number."""
    # They may be read from the database whenever they are gone through.
    answers = tuple(answers)
    blocks, receipts = (
        {asked_number(answer): answer for answer in answers_to(answers, method)}
        for method in (BLOCK_BY_NUMBER, RECEIPTS)
    )
    return {
        number: _block(number, blocks[number], receipts.get(number), answers, provider)
        for number in blocks
        if number is not None
    }


def _block(
    number: int, block: Answer, receipts: Answer | None, answers: Sequence[Answer], provider: str
) -> ExecutedBlock | Missing:
    if receipts is None:
        return Missing(FigureState.PENDING, f"the receipts of block {number} were not asked for")
    try:
        lack = lack_in(block, provider) or lack_in(receipts, provider)
        if lack is not None:
            return lack
        listed, told = read_block(block, provider), read_receipts(receipts, provider)
        if listed is None or told is None:
            return _not_there(number, "block" if listed is None else "receipts", answers, provider)
        return executed(provider, listed, told)
    except UnreadableAnswer as error:
        return Missing(FigureState.PENDING, error.message)


def _not_there(number: int, what: str, answers: Sequence[Answer], provider: str) -> Missing:
    """What null means: a node whose head lies before the block is behind; one that is past it has let go of it."""
    heads = answers_to(answers, HEAD)
    name = f"block {number}" if what == "block" else f"the receipts of block {number}"
    if not heads:
        return Missing(FigureState.PENDING, f"{provider} does not have {name}")
    head = read_head(heads[-1], provider)
    if head < number:
        return Missing(FigureState.PENDING, f"{provider} is behind: its newest block is {head}, not yet {number}")
    reason = f"history missing: {provider} is at block {head} and no longer has {name}; an archive node may"
    return Missing(FigureState.UNAVAILABLE, reason)


def lack_of(
    payload: Payload, found: ExecutedBlock | Missing | None, answers: Sequence[Answer], provider: str
) -> Missing | None:
    """Why a block is not the one the beacon chain has; None where it is."""
    if found is None:
        return Missing(FigureState.PENDING, f"block {payload.number} was not asked about")
    if isinstance(found, Missing):
        return found
    problem = disagreement(payload, found)
    if problem is None:
        return None
    told = answers_to(answers, CHAIN_ID)
    chain = f"; {provider} is of chain {read_chain_id(told[-1], provider)}" if told else ""
    return Missing(FigureState.PENDING, f"{problem}: one of the two follows another chain, or is behind{chain}")
