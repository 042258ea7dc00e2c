"""What nodes tell of a chain itself: where its head is, what a period spans, whose key a number is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Ask, ProviderDown, Question
from aurora_pipeline.config.vocabulary import PeriodType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.family import EthereumChains
from aurora_pipeline.sources.beacon.windows import Windows
from aurora_pipeline.sources.family import FamilySource
from aurora_pipeline.sources.solana.family import SolanaChains
from aurora_pipeline_tests.devchain.ask import SmallChain
from aurora_pipeline_tests.devchain.configured import KEY
from aurora_pipeline_tests.sources.good import PROVIDER
from aurora_pipeline_tests.sources.storm.figures import Rows
from aurora_pipeline_tests.sources.storm.plain import plain
from aurora_pipeline_tests.sources.storm.readers import EPOCH, question_of, sense_of
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Ground, Strike
from aurora_pipeline_tests.sources.storm.tellers import NAMELESS
from aurora_pipeline_tests.staging.storm import Replayed

_EPOCHS: Final = 13
"""So many epochs the small chain's window has."""
_VALIDATORS: Final = range(8)


class Node:
    """An Ask of the simulated node, in this process."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        for question in questions:
            yield self._answer(question)

    def _answer(self, question: Question) -> Answer:
        return self.answers.setdefault(question.key, EPOCH.ask(EPOCH.after, question))


@dataclass(frozen=True)
class Matter:
    """Something that a node tells of its chain."""

    name: str
    tell: Callable[[Ask], Awaitable[Any]]
    answers: Sequence[Answer]

    def rows(self, place: int, strike: Strike) -> Rows:
        """What is told where one of the answers is another one."""
        answers = list(self.answers)
        answers[place] = replace(answers[place], body=strike.body, status=strike.status)
        try:
            told = plain(asyncio.run(_awaited(self.tell(Replayed(answers)))))
        except ProviderDown:
            return {}
        return {self.name: {name: value for name, value in told.items() if name != "answers"}}

    def readings(self) -> Iterator[Reading]:
        """One for each of its answers."""
        for place, answer in enumerate(self.answers):
            question = question_of(answer)
            others = [one.body for one in self.answers if one is not answer and question_of(one) == question]
            ground = Ground(sense_of(answer), [] if question in NAMELESS else others)
            read = partial(self.rows, place)
            yield Reading(self.name, answer.request_key, answer.body, read, tells_figures=True, ground=ground)


async def _awaited(told: Awaitable[Any]) -> Any:
    return await told


def readings() -> Iterator[Reading]:
    """Everything that nodes tell of their chains, with every answer."""
    for chains, epoch, ask_of in (
        (SolanaChains(), EpochNumber(EPOCH.epoch), Node),
        (EthereumChains(Windows(PeriodType.EPOCH, _EPOCHS, KEY.epoch)), KEY.epoch, SmallChain),
    ):
        for name, tell in _matters(chains, epoch).items():
            ask = ask_of()
            asyncio.run(_awaited(tell(ask)))
            if ask.answers:
                yield from Matter(f"{chains.kind} tells {name}", tell, tuple(ask.answers.values())).readings()


def _matters(chains: FamilySource, epoch: EpochNumber) -> dict[str, Callable[[Any], Awaitable[Any]]]:
    return {
        "head": lambda ask: chains.head(ask, PROVIDER),
        "now": lambda ask: chains.now(ask, PROVIDER),
        "bounds": lambda ask: chains.bounds(epoch, ask, PROVIDER),
        "keys": lambda ask: chains.keys_of(_VALIDATORS, ask, PROVIDER),
    }
