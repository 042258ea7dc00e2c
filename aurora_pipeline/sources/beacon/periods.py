"""What a beacon node knows about windows: what is final, and which slots, blocks and instants a window spans.

A window is final once the finalized checkpoint is two epochs beyond its last one: attestations of the last epochs are
credited later than they are made. Its first and last blocks are proven by parents: the first block's parent is the
last one before the window, the parent of the first block after the window is its last. So no slot that a node merely
forgot counts as missed, and a reorganisation between two questions is seen.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, ProviderDown, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.chain import (
    Checkpoint,
    Genesis,
    read_finalized,
    read_genesis,
    read_spec,
    read_syncing,
)
from aurora_pipeline.sources.beacon.answers.headers import BeaconHeader, read_header
from aurora_pipeline.sources.beacon.windows import Windows, began_at
from aurora_pipeline.sources.family import ChainHead, PeriodBounds

_MISSED_IN_A_ROW_MAX: Final = 256
"""So many slots in a row without a block are looked through; more of them are a chain that stands still."""

AskOne = Callable[[Question], Awaitable[Answer]]


async def head(windows: Windows, ask: Ask, provider: str) -> ChainHead:
    """Where the finalized head is: the first slot of the epoch that is the finalized checkpoint."""
    answers = await ask([questions.spec(), questions.syncing(), questions.finality()])
    spec = read_spec(answers[0], provider)
    _at_the_head(answers[1], provider)
    slot = spec.first_slot(read_finalized(answers[2], provider).epoch)
    number = windows.number_at(slot, spec)
    return ChainHead(number, slot, *windows.slots_of(number, spec), settles_after=spec.slots_per_epoch)


async def now(windows: Windows, ask: Ask, provider: str) -> ChainHead:
    """Where the node's head is, final or not; to be looked at once in each epoch."""
    answers = await ask([questions.spec(), questions.syncing()])
    spec = read_spec(answers[0], provider)
    _at_the_head(answers[1], provider)
    slot = read_syncing(answers[1], provider).head_slot
    number = windows.number_at(slot, spec)
    first_slot, last_slot = windows.slots_of(number, spec)
    epochs = spec.epoch_of(last_slot) - spec.epoch_of(first_slot) + 1
    return ChainHead(number, slot, first_slot, last_slot, looks=epochs)


async def bounds(
    windows: Windows, number: EpochNumber, ask: Ask, provider: str, network: str | None = None
) -> PeriodBounds:
    """The bounds of a window that is final.

    Raises UnreadableAnswer where the node cannot tell, for example because its history begins later.
    """
    answers: list[Answer] = []

    async def told(question: Question) -> Answer:
        answers.extend(await ask([question]))
        return answers[-1]

    genesis = genesis_of(await told(questions.genesis(network)), provider, network)
    spec = read_spec(await told(questions.spec()), provider)
    first_slot, last_slot = windows.slots_of(number, spec)
    _at_the_head(await told(questions.syncing()), provider)
    least = EpochNumber(spec.epoch_of(last_slot) + 2)
    checkpoint = await told(questions.finality(least))
    _reaches(checkpoint, least, provider)
    before = await _before(told, first_slot, provider) if first_slot > 0 else None
    first = await _from(told, first_slot, last_slot, provider)
    if before is not None and first.parent_root != before.root:
        problem = f"its parent is not the block of slot {before.slot}: the node forgot one between them, or reorganised"
        raise UnreadableAnswer(provider, questions.header(first.slot).key, problem)
    last = await _before(told, last_slot + 1, provider)
    after = await _from(told, last_slot + 1, None, provider)
    if after.parent_root != last.root:
        problem = f"its parent is not the block of slot {last.slot}: the node forgot one between them, or reorganised"
        raise UnreadableAnswer(provider, questions.header(after.slot).key, problem)
    return PeriodBounds(
        epoch=number,
        first_slot=first_slot,
        last_slot=last_slot,
        first_block_slot=first.slot,
        last_block_slot=last.slot,
        started_at=began_at(first_slot, genesis, spec),
        ended_at=began_at(last_slot + 1, genesis, spec),
        answers=tuple(answers),
    )


def network_of(answers: Iterable[Answer], provider: str) -> str | None:
    """Which network told answers; None where they do not say."""
    told = next((answer for answer in answers if answer.question == questions.GENESIS), None)
    return None if told is None else read_genesis(told, provider).network


def roots_of(answers: Iterable[Answer], provider: str) -> dict[int, str]:
    """The roots of the blocks whose headers are among answers, by slot."""
    headers = [read_header(answer, provider) for answer in answers if answer.question == questions.HEADER]
    return {header.slot: header.root for header in headers if header is not None}


def genesis_of(answer: Answer, provider: str, network: str | None) -> Genesis:
    """When the chain began; a node of another network than the one that was recorded is refused."""
    genesis = read_genesis(answer, provider)
    if network is not None and genesis.network != network:
        problem = f"it is a node of another network ({genesis.network}); the chain was recorded with {network}"
        raise UnreadableAnswer(provider, answer.request_key, problem)
    return genesis


def _at_the_head(answer: Answer, provider: str) -> None:
    problem = read_syncing(answer, provider).problem
    if problem is not None:
        raise ProviderDown(provider, problem, may_pass=True)


def _reaches(answer: Answer, least: EpochNumber, provider: str) -> None:
    finalized: Checkpoint = read_finalized(answer, provider)
    if finalized.epoch < least:
        problem = f"epoch {finalized.epoch} is final, which has to be {least} before all of the window is"
        raise UnreadableAnswer(provider, answer.request_key, problem)


async def _before(told: AskOne, slot: int, provider: str) -> BeaconHeader:
    """The last block before a slot."""
    return await _nearest(told, range(slot - 1, max(-1, slot - 1 - _MISSED_IN_A_ROW_MAX), -1), provider)


async def _from(told: AskOne, slot: int, last_slot: int | None, provider: str) -> BeaconHeader:
    """The first block from a slot on."""
    end = slot + _MISSED_IN_A_ROW_MAX if last_slot is None else min(slot + _MISSED_IN_A_ROW_MAX, last_slot + 1)
    return await _nearest(told, range(slot, end), provider)


async def _nearest(told: AskOne, slots: range, provider: str) -> BeaconHeader:
    for slot in slots:
        question = questions.header(slot)
        found = read_header(await told(question), provider)
        if found is not None:
            if found.slot != slot:
                raise UnreadableAnswer(provider, question.key, f"the header is of slot {found.slot}")
            return found
    span = f"slots {min(slots)} to {max(slots)}" if slots else "the chain's start"
    problem = f"it has no block in {span}: they were all missed, or its history begins later"
    raise UnreadableAnswer(provider, questions.header(slots[0] if slots else 0).key, problem)
