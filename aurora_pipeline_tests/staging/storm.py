"""Whole conversations with a struck answer: `python -m aurora_pipeline_tests.staging.storm --tries 100000 --seed 7`.

A try lets an adapter ask a provider everything that it asks for a role; one of the answers is struck. What the adapter
makes of them is staged as it is, and the role's layer is computed from it. A defect is

* an exception of the adapter or of the layer other than a named one,
* a final figure that is not the one of the good answers, where the strike left no other answer that could be meant,
* a text in a row or a reason that no table can hold,
* a fetch that calls itself final although the layer cannot read it: no plain backfill would ask for it again.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from unittest.mock import patch

from aurora_pipeline.asking.adapter import Adapter, Fetched, FetchScope, ProviderDown, Question, ValidatorAsked
from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer
from aurora_pipeline.asking.recording import asking_unrecorded
from aurora_pipeline.canonical.costs import canonical_costs
from aurora_pipeline.canonical.fees import canonical_fees
from aurora_pipeline.canonical.meta import canonical_meta
from aurora_pipeline.canonical.mev import canonical_mev
from aurora_pipeline.canonical.positions import canonical_positions
from aurora_pipeline.canonical.rewards import canonical_rewards
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.units import Bps, EpochNumber
from aurora_pipeline.registry.tables import COST_ENTRIES
from aurora_pipeline.sources.kinds import adapter_of
from aurora_pipeline.sources.result import LayerResult
from aurora_pipeline.sources.solana.answers.accounts import read_stake_accounts
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.payloads.answers import Answer
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import EVERYONE
from aurora_pipeline_tests.asking.asked import provider
from aurora_pipeline_tests.pnl.test_against_the_simulator import PROTOCOL_FEE_BPS, Epoch
from aurora_pipeline_tests.pnl.test_left_out import Path as Place
from aurora_pipeline_tests.pnl.test_left_out import figures
from aurora_pipeline_tests.sources.good import good_of, kinds_of_figures
from aurora_pipeline_tests.sources.storm.garbling import garbled, limited, struck

SECONDS_PER_TRY_MAX = 30
TEXT_LENGTH_MAX = 4_000
EPOCH = Epoch(851, Parameters(seed=5, validators=4, stake_accounts=40, slots_per_epoch=60))
Layer = Callable[[Sequence[StagedFetch]], LayerResult]


class Replayed:
    """An Ask of what was told before; a question that was not asked then finds nobody."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.given: dict[str, list[Answer]] = {}
        for one in answers:
            self.given.setdefault(one.request_key, []).append(one)
        self._next: Counter[str] = Counter()

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        return [self._answer(question) for question in questions]

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        for question in questions:
            yield self._answer(question)

    def _answer(self, question: Question) -> Answer:
        known = self.given.get(question.key)
        if known is None:
            raise ProviderDown("replayed", f"nobody answered {question.key}")
        at = min(self._next[question.key], len(known) - 1)
        self._next[question.key] += 1
        return known[at]


class Listening:
    """An Ask that remembers what it was told."""

    def __init__(self, ask: object) -> None:
        self._ask = ask
        self.answers: list[Answer] = []

    async def __call__(self, questions: Sequence[Question]) -> list[Answer]:
        answers: list[Answer] = await self._ask(questions)  # type: ignore[operator]  # any Ask
        self.answers += answers
        return answers

    async def each(self, questions: Iterable[Question]) -> AsyncGenerator[Answer, None]:
        for question in questions:
            yield (await self([question]))[0]


@dataclass(frozen=True)
class Conversation:
    """An adapter, what it is asked for, and the layer that is made of it."""

    name: str
    kind: str
    role: DataType
    layer: Layer
    observes: bool = False

    @property
    def adapter(self) -> Adapter:
        return adapter_of(self.kind, "struck")

    def held(self, ask: object) -> list[Fetched]:
        """What the adapter makes of what it is told."""
        adapter = self.adapter
        go = adapter.observe if self.observes else adapter.fetch
        return asyncio.run(go(self.role, scope(self.role), ask))  # type: ignore[arg-type]  # any Ask


def conversations() -> tuple[Conversation, ...]:
    """Every adapter with every role that it serves or observes."""
    reference, before = EPOCH.reference, EPOCH.observed_before()
    layers: dict[DataType, Layer] = {
        DataType.FEES: lambda staged: canonical_fees(reference, staged),
        DataType.MEV: lambda staged: canonical_mev(reference, staged, Bps(PROTOCOL_FEE_BPS)),
        DataType.REWARDS: lambda staged: canonical_rewards(reference, staged, [EPOCH.observed(), before]),
        DataType.META: lambda staged: canonical_meta(reference, staged),
        DataType.POSITIONS: lambda staged: canonical_positions(reference, staged),
        DataType.COSTS: lambda staged: canonical_costs(
            reference, staged, frame_of(COST_ENTRIES, []), [CostType.VOTE_FEES]
        ),
    }
    return tuple(
        Conversation(f"{kind} {role}", kind, role, layers[role], role in adapter.observes)
        for kind in kinds_of_figures()
        for adapter in [adapter_of(kind, "struck")]
        for role in layers
        if role in adapter.serves | adapter.observes
    )


@cache
def scope(role: DataType) -> FetchScope:
    reference = EPOCH.reference
    asked = tuple(ValidatorAsked(one.validator_key, one.identity_key) for one in reference.validators)
    stakes = {}
    if role == DataType.REWARDS:
        for fetch in EPOCH.observed():
            found = read_stake_accounts(fetch.answers[-1], "struck")
            stakes[fetch.subject] = tuple(one.stake_key for one in found)
    return FetchScope(
        reference.chain_id,
        EpochNumber(reference.epoch),
        reference.first_slot,
        reference.last_slot,
        asked,
        stake_accounts=stakes,
        scan_blocks=True,
        family=Family.SOLANA,
    )


@cache
def told(name: str) -> tuple[Answer, ...]:
    """What the provider of a conversation answers where all is well."""
    one = next(one for one in conversations() if one.name == name)
    if good_of(one.kind).reply is None:
        return _simulated()[name]
    with good_of(one.kind).server("", EPOCH.reference.epoch, EPOCH.reference.keys) as url:
        return _heard(one, url)


@cache
def _simulated() -> dict[str, tuple[Answer, ...]]:
    """What the simulated providers answer, by conversation."""
    found = {}
    with (
        tempfile.TemporaryDirectory() as home,
        SimulatorProcess(Path(home) / "state.json", **EPOCH.parameters.as_dict()) as simulator,
    ):
        for is_over in (False, True):
            simulator.advance(epoch=EPOCH.epoch + is_over, fraction_bps=9_000)
            for one in conversations():
                if one.observes is not is_over and good_of(one.kind).reply is None:
                    found[one.name] = _heard(one, simulator.url + good_of(one.kind).simulated_at)
    return found


def _heard(one: Conversation, url: str) -> tuple[Answer, ...]:
    settings = provider(url, one.kind, "struck", api_key="a-key-of-its-own")

    async def go() -> tuple[Answer, ...]:
        async with asking_unrecorded(settings, one.adapter) as ask:
            listening = Listening(ask)
            fetch = one.adapter.observe if one.observes else one.adapter.fetch
            await fetch(one.role, scope(one.role), listening)
            # Within a run an equal question is asked once, but for observations.
            each_once = {answer.request_key: answer for answer in listening.answers}
            return tuple(listening.answers if one.observes else each_once.values())

    return asyncio.run(go())


def staged(fetched: Sequence[Fetched], answers: Iterable[Answer], one: Conversation) -> list[StagedFetch]:
    """What was learned, as a layer reads it: with the bytes of every answer it rests on."""
    by_key: dict[str, list[Answer]] = {}
    for answer in answers:
        by_key.setdefault(answer.request_key, []).append(answer)
    rows = []
    for number, told_one in enumerate(fetched, start=1):
        used: Counter[str] = Counter()
        full = []
        for kept in told_one.answers:
            known = by_key[kept.request_key]
            full.append(known[min(used[kept.request_key], len(known) - 1)])
            used[kept.request_key] += 1
        rows.append(
            StagedFetch(number, one.role, "struck", one.kind, told_one.subject, told_one.state, told_one.reason, full)
        )
    return rows


@contextmanager
def refusals() -> Iterator[list[UnreadableAnswer]]:
    """Every answer that is found to be unreadable meanwhile, whoever catches it."""
    met: list[UnreadableAnswer] = []
    made = UnreadableAnswer.__init__

    def seen(error: UnreadableAnswer, *arguments: str) -> None:
        made(error, *arguments)
        met.append(error)

    with patch.object(UnreadableAnswer, "__init__", seen):
        yield met


@cache
def good_figures(name: str) -> dict[Place, dict[str, object]]:
    """The final figures of good answers."""
    one = next(one for one in conversations() if one.name == name)
    fetched = one.held(Replayed(told(name)))
    return figures(one.layer(staged(fetched, told(name), one)))


def tried(one: Conversation, random: Random) -> tuple[str, str | None]:
    """How one try ended, and what was wrong with that."""
    answers = list(told(one.name))
    at = random.randrange(len(answers))
    # A number that could be is a lie that no reader can tell from the truth; only what cannot be is compared.
    is_plain = random.random() < 0.5
    body = (garbled if is_plain else struck)(answers[at].body, random)
    answers[at] = replace(answers[at], body=body)
    said = f"{one.name}: {answers[at].request_key}: {body[:300]!r}"
    try:
        fetched = one.held(Replayed(answers))
    except (ProviderDown, UnreadableAnswer) as error:
        if isinstance(error, ReaderStumbled):
            return "defect", f"{said}: {error.problem}"
        return "refused by name", None
    except Exception as error:
        return "defect", f"{said}: the adapter met {type(error).__name__}: {error}"
    fetches = staged(fetched, answers, one)
    try:
        with refusals() as met:
            result = one.layer(fetches)
            found = figures(result)
    except Exception as error:
        return "defect", f"{said}: the layer met {type(error).__name__}: {error}"
    stumbled = [error for error in met if isinstance(error, ReaderStumbled)]
    if stumbled:
        return "defect", f"{said}: {stumbled[0].problem}"
    reasons = [fetch.reason or "" for fetch in fetches]
    texts = [value for row in result.frame.to_dicts() for value in row.values() if isinstance(value, str)]
    if any("\0" in text or len(text) > TEXT_LENGTH_MAX for text in (*reasons, *texts)):
        return "defect", f"{said}: a text that no table can hold"
    return _compared(one, said, fetches, found, met, is_plain)


def _compared(
    one: Conversation,
    said: str,
    fetches: Sequence[StagedFetch],
    found: dict[Place, dict[str, object]],
    met: Sequence[UnreadableAnswer],
    is_plain: bool,
) -> tuple[str, str | None]:
    finals = {fetch.subject for fetch in fetches if fetch.state is FigureState.FINAL}
    for key, expected in good_figures(one.name).items():
        row = {name: amount for name, amount in found.get(key, {}).items() if amount is not None}
        wrong = {name: amount for name, amount in row.items() if amount != expected.get(name)}
        if wrong and is_plain:
            return "defect", f"{said} made {key} final with {wrong} instead of {expected}"
        is_lost = any(amount is not None and name not in row for name, amount in expected.items())
        if is_lost and met and finals & {key[0], EVERYONE}:
            return "defect", f"{said}: staged as final, and not readable: {met[0].problem}"
    return ("final" if finals else "not final"), None


def storm(tries: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many tries came to what, and every defect."""
    verdicts: Counter[str] = Counter()
    defects: list[str] = []
    every = conversations()
    for number in range(tries):
        one = every[number % len(every)]
        try:
            with limited(SECONDS_PER_TRY_MAX):
                verdict, problem = tried(one, Random(f"{seed}/{number}"))
        except TimeoutError as error:
            verdict, problem = "defect", f"{one.name}: {error}"
        verdicts[f"{one.name} {verdict}"] += 1
        if problem is not None:
            defects.append(f"try {number}: {problem}")
    return verdicts, defects


def main() -> None:
    """Run a storm and say what it found; exit code 1 where that is a defect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    verdicts, defects = storm(options.tries, options.seed)
    for defect in defects[:20]:
        sys.stdout.write(f"{defect[:900]}\n")
    told_of = ", ".join(f"{count:,} {name}" for name, count in sorted(verdicts.items()))
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{options.tries:,} conversations in {seconds:.0f} s: {told_of}; {len(defects)} defects\n")
    sys.exit(1 if defects else 0)


if __name__ == "__main__":
    main()
