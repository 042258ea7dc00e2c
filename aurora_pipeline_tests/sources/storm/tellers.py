"""Every function of a source that tells rows of all answers together, with the answers of whole periods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.canonical.heard import staged_by_kind
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contract import Source
from aurora_pipeline.sources.kinds import SOURCES, adapter_of
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.told import Observed
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.devchain import scopes
from aurora_pipeline_tests.devchain.ask import SmallChain, SmallExplorer
from aurora_pipeline_tests.devchain.staged import reference as window
from aurora_pipeline_tests.sources.good import kinds_asked
from aurora_pipeline_tests.sources.storm.figures import Rows, rows_of
from aurora_pipeline_tests.sources.storm.readers import EPOCH, question_of, sense_of
from aurora_pipeline_tests.sources.storm.reading import Reading
from aurora_pipeline_tests.sources.storm.strikes import Ground, Strike
from aurora_pipeline_tests.staging.storm import Replayed, conversations, scope, staged, told

Fetches = Sequence[StagedFetch]
Teller = Callable[[Fetches], object]


@dataclass(frozen=True)
class Telling:
    """A teller, and the fetches of a whole period that it tells of."""

    name: str
    fetches: Fetches
    tell: Teller

    def rows(self, question: str, strike: Strike) -> Rows:
        """What it tells where a question has another answer, in whichever fetch it stands."""
        return rows_of(self.tell([_with(fetch, question, strike) for fetch in self.fetches]))

    def readings(self) -> Iterator[Reading]:
        """One for each of its answers."""
        answers = {answer.request_key: answer for fetch in self.fetches for answer in fetch.answers}
        for key, answer in answers.items():
            question = question_of(answer)
            others = [one.body for one in answers.values() if one is not answer and question_of(one) == question]
            told = ([] if question in NAMELESS else others) + ([] if question in TIMELESS else elsewhere(answer))
            ground = Ground(sense_of(answer), told)
            yield Reading(self.name, key, answer.body, partial(self.rows, key), tells_figures=True, ground=ground)


TIMELESS: Final = frozenset({"getVoteAccounts", "getMultipleAccounts", "getProgramAccounts", "getLeaderSchedule"})
"""Questions about what is now, whose answers name no epoch: whoever asks looks at it before and after."""
NAMELESS: Final = TIMELESS | {
    # Rows stand in the order of the addresses that were asked about.
    "getInflationReward",
    # A third party that is compared with, and never a figure.
    "block rewards",
}
"""Questions whose answers do not say whom or what they are about: another one's is a lie that nobody can tell."""


def elsewhere(answer: Answer) -> list[bytes]:
    """Answers to the same kind of question about another epoch."""
    return _elsewhere().get(question_of(answer), [])


@cache
def _elsewhere() -> dict[str, list[bytes]]:
    before = replace(EPOCH, epoch=EPOCH.epoch - 1)
    found: dict[str, list[bytes]] = {}
    for fetches in (before.staged_fees(), before.staged_costs(), before.staged_rewards(), before.staged_mev()):
        for answer in (answer for fetch in fetches for answer in fetch.answers):
            found.setdefault(question_of(answer), []).append(answer.body)
    return found


def _with(fetch: StagedFetch, question: str, strike: Strike) -> StagedFetch:
    if all(one.request_key != question for one in fetch.answers):
        return fetch
    return replace(
        fetch,
        answers=tuple(
            replace(one, body=strike.body, status=strike.status) if one.request_key == question else one
            for one in fetch.answers
        ),
    )


def tellings() -> tuple[Telling, ...]:
    """Every teller there is, by kind and what it tells."""
    return _tellings_of(kinds_asked())


@cache
def _tellings_of(kinds: tuple[str, ...]) -> tuple[Telling, ...]:
    return (*_of_solana(), *_of_small_chain())


def teller_names() -> set[str]:
    """Every teller that sources have."""
    names = set()
    for kind, source in SOURCES.items():
        names |= {f"{kind} tells {one.name}" for one in fields(source.tells) if getattr(source.tells, one.name)}
        names |= {f"{kind} tells costs beside {role}" for role in source.costs_beside}
        names |= {f"{kind} says {role} in its own words" for role in source.own_words}
        names |= {f"{kind} tells {name}" for name in ("moves", "proposals") if getattr(source, name)}
    return names


def tellings_of(
    kind: str, role: DataType, reference: Reference, seen: Observed, fetches: Fetches = ()
) -> Iterator[Telling]:
    """Whatever a source tells of fetches of a role."""
    source: Source = SOURCES[kind]

    def of(tell: Any) -> Teller:
        return lambda fetches: tell(staged_by_kind(reference, fetches, seen)[kind])

    named = {"blocks": DataType.FEES, "balances": DataType.REWARDS}
    for one in fields(source.tells):
        tell = getattr(source.tells, one.name)
        if tell is not None and one.name != "delivered" and named.get(one.name, one.name) == role:
            yield Telling(f"{kind} tells {one.name}", fetches, of(tell))
    if source.tells.delivered is not None:
        delivered = source.tells.delivered
        yield Telling(f"{kind} tells delivered", fetches[:1], lambda fetches: delivered(fetches[0], reference))
    if role in source.costs_beside:
        yield Telling(f"{kind} tells costs beside {role}", fetches, of(source.costs_beside[role]))
    if role in source.own_words:
        yield Telling(f"{kind} says {role} in its own words", fetches, of(source.own_words[role]))
    if source.proposals is not None and role == DataType.REWARDS:
        proposals, slots = source.proposals, (reference.first_slot, reference.last_slot)
        yield Telling(f"{kind} tells proposals", fetches, lambda fetches: proposals(fetches[0], *slots))
    if source.moves is not None and role in (DataType.REWARDS, DataType.FEES, DataType.COSTS):
        moves, whose = (
            source.moves,
            {name for one in reference.validators for name in (one.validator_key, *one.identities)},
        )
        yield Telling(f"{kind} tells moves", fetches[:1], lambda fetches: moves(fetches[0], whose))


def _of_solana() -> Iterator[Telling]:
    seen, asked_by_account = stakes_observed(), EPOCH.staged_rewards()
    yield from tellings_of("solana_rpc", DataType.REWARDS, EPOCH.reference, seen, asked_by_account)
    for one in conversations():
        answers = told(one.name)
        fetches = staged(one.held(Replayed(answers)), answers, one)
        yield from tellings_of(one.kind, one.role, EPOCH.reference, seen, fetches)


@cache
def stakes_observed() -> Observed:
    """The stake observed in the epoch and in the one before."""
    return Observed(EPOCH.observed(), EPOCH.observed_before(), scope(DataType.REWARDS).stake_accounts)


def small_chain() -> dict[str, SmallChain]:
    """Who answers about the small chain, by kind of provider."""
    return {
        "beacon_api": SmallChain(),
        "evm_rpc": SmallChain("/execution"),
        "mev_relay": SmallChain("/relay_a"),
        "beaconcha": SmallExplorer(),
    }


def _of_small_chain() -> Iterator[Telling]:
    for kind, ask in small_chain().items():
        adapter = adapter_of(kind, "struck")
        for role in sorted(adapter.serves):
            fetches = ask.fetched(adapter, DataType(role), scopes.scope())
            yield from tellings_of(kind, DataType(role), window(), Observed(), fetches)
