"""Every adapter with every role: it asks what it asks, one answer is struck, and what it calls final is told.

Beside what a teller must not do, an adapter must not call final what cannot be read: nobody would ask for it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Final

from aurora_pipeline.asking.adapter import Adapter, Answer, Fetched, FetchScope, ProviderDown
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon import last_read
from aurora_pipeline.sources.kinds import SOURCES, adapter_of
from aurora_pipeline.sources.told import Observed
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.devchain import scopes
from aurora_pipeline_tests.devchain.staged import reference as window
from aurora_pipeline_tests.sources.good import PROVIDER, kinds_asked
from aurora_pipeline_tests.sources.storm.figures import Rows, rows_of
from aurora_pipeline_tests.sources.storm.readers import EPOCH, question_of, sense_of
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Ground, Strike
from aurora_pipeline_tests.sources.storm.tellers import (
    NAMELESS,
    TIMELESS,
    Telling,
    elsewhere,
    small_chain,
    stakes_observed,
    tellings_of,
)
from aurora_pipeline_tests.staging.storm import Replayed, conversations, refusals, scope, told

_BESIDE: Final = ("moves", "own words")
"""What is told of fetches for comparisons alone."""


class CalledFinal(Exception):
    """An adapter called final what cannot be read."""


@dataclass(frozen=True)
class Asking:
    """An adapter, what it is asked for, and what it was answered."""

    adapter: Adapter
    role: DataType
    scope: FetchScope
    observes: bool
    answers: Sequence[Answer]
    tellings: Sequence[Telling] = field(repr=False)

    @property
    def name(self) -> str:
        """What it is called in the storm's report."""
        return f"{self.adapter.kind} asks {self.role}"

    def rows(self, place: int, strike: Strike) -> Rows:
        """What is told where one of the answers is another one."""
        answers = list(self.answers)
        answers[place] = replace(answers[place], body=strike.body, status=strike.status)
        fetches = self._fetched(answers)
        if not fetches:
            return {}
        with refusals() as met:
            told = {
                f"{one.name} {key}": row for one in self.tellings for key, row in rows_of(one.tell(fetches)).items()
            }
        lost = [key for key in self.expected if key not in told]
        final = {fetch.subject for fetch in fetches if fetch.state is FigureState.FINAL}
        if met and any(EVERYONE in final or any(f" {subject}" in key for subject in final) for key in lost):
            raise CalledFinal(f"it is staged as final, and not readable: {met[0].problem}")
        return told

    @property
    def expected(self) -> Mapping[str, object]:
        """What is told of the good answers."""
        return _expected(self)

    def told(self) -> Rows:
        """The same, computed."""
        fetches = self._fetched(self.answers)
        return {f"{one.name} {key}": row for one in self.tellings for key, row in rows_of(one.tell(fetches)).items()}

    def _fetched(self, answers: Sequence[Answer]) -> list[StagedFetch]:
        ask = Replayed(answers)
        go = self.adapter.observe if self.observes else self.adapter.fetch
        try:
            fetched = asyncio.run(go(self.role, self.scope, ask))
        except ProviderDown:
            return []
        # Answers are told from stored bytes, as by a process that did not ask for them itself.
        last_read._last.clear()
        by_key = {answer.request_key: answer for answer in answers}
        return [self._staged(number, one, by_key) for number, one in enumerate(fetched, start=1)]

    def _staged(self, number: int, one: Fetched, by_key: Mapping[str, Answer]) -> StagedFetch:
        answers = tuple(by_key[kept.request_key] for kept in one.answers)
        return StagedFetch(number, self.role, PROVIDER, self.adapter.kind, one.subject, one.state, one.reason, answers)

    def readings(self) -> Iterator[Reading]:
        """One for each of its answers."""
        for place, answer in enumerate(self.answers):
            question = question_of(answer)
            others = [one.body for one in self.answers if one is not answer and question_of(one) == question]
            found = ([] if question in NAMELESS else others) + ([] if question in TIMELESS else elsewhere(answer))
            ground = Ground(sense_of(answer), found)
            read = partial(self.rows, place)
            yield Reading(self.name, answer.request_key, answer.body, read, tells_figures=True, ground=ground)


@cache
def _expected_of(name: str) -> Mapping[str, object]:
    return next(one.told() for one in askings() if one.name == name)


def _expected(one: Asking) -> Mapping[str, object]:
    return _expected_of(one.name)


def askings() -> tuple[Asking, ...]:
    """Every adapter with every role that it serves or observes."""
    return _askings_of(kinds_asked())


@cache
def _askings_of(kinds: tuple[str, ...]) -> tuple[Asking, ...]:
    return (*_of_solana(), *_of_small_chain())


def asking_names() -> set[str]:
    """Every role of every adapter, as the storm names them."""
    adapters = [SOURCES[kind].adapter("") for kind in kinds_asked()]
    return {
        f"{one.kind} asks {role}" for one in adapters for role in one.serves | one.observes if role in set(DataType)
    }


def _of_solana() -> Iterator[Asking]:
    for one in conversations():
        tellings = _figures(one.kind, one.role, tellings_of(one.kind, one.role, EPOCH.reference, stakes_observed()))
        yield Asking(one.adapter, one.role, scope(one.role), one.observes, told(one.name), tellings)


def _of_small_chain() -> Iterator[Asking]:
    for kind, ask in small_chain().items():
        adapter = adapter_of(kind, PROVIDER)
        for role in map(DataType, sorted(adapter.serves)):
            ask.answers.clear()
            ask.fetched(adapter, role, scopes.scope())
            tellings = _figures(kind, role, tellings_of(kind, role, window(), Observed()))
            yield Asking(adapter, role, scopes.scope(), False, tuple(ask.answers.values()), tellings)


def _figures(kind: str, role: DataType, tellings: Iterator[Telling]) -> tuple[Telling, ...]:
    return tuple(one for one in tellings if not one.name.endswith(_BESIDE))
