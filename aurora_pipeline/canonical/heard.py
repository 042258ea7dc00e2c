"""What the sources tell of one data type: each is asked once, with all the fetches of its kind.

Which fetch counts was decided when it was made: by the order of providers in the role, and by which of them told. Here
it is only looked up whose fetch speaks about a validator, and what to say where nobody's does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contract import Source, Tell
from aurora_pipeline.sources.fetch_choice import fetch_in, missing
from aurora_pipeline.sources.kinds import SOURCES
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.told import Missing, Observed, StagedFetches, Told
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline.store.payloads.tables import NO_PROVIDER

Item = TypeVar("Item")


@dataclass(frozen=True)
class Heard(Generic[Item]):
    """What is told about every validator, and by which fetch. Gone through once: large lists come one by one."""

    silent: Mapping[str, tuple[StagedFetch | None, Missing]]
    """Validators of whom no source tells anything, and why."""
    told: Sequence[tuple[StagedFetches, Told[Item]]]

    def __iter__(self) -> Iterator[tuple[str, StagedFetch | None, Item | Missing]]:
        """Validator, fetch and what it says; first those of whom nobody speaks."""
        for key, (fetch, lack) in self.silent.items():
            yield key, fetch, lack
        for staged, told in self.told:
            waiting = dict(staged.fetches)
            for key, item in told.rows:
                if key not in waiting:
                    raise ValueError(f"a source tells of {key} twice, or without having been asked")
                yield key, waiting.pop(key), item
            for key, fetch in waiting.items():
                problem = f"what reads the answers of {fetch.provider} says nothing of it; please report it"
                yield key, fetch, Missing(FigureState.UNAVAILABLE, problem)

    @property
    def warnings(self) -> list[str]:
        """What the sources found odd."""
        return [warning for _, told in self.told for warning in told.warnings]


def staged_by_kind(
    reference: Reference, fetches: Sequence[StagedFetch], observed: Observed | None = None
) -> dict[str, StagedFetches]:
    """The fetches that speak about operated validators, by the kind of provider that reads them."""
    by_subject = {fetch.subject: fetch for fetch in fetches}
    about: dict[str, dict[str, StagedFetch]] = {}
    for key in reference.keys:
        fetch = fetch_in(by_subject, key)
        if fetch is not None:
            about.setdefault(fetch.kind, {})[key] = fetch
    return {kind: StagedFetches(reference, of_kind, observed or Observed()) for kind, of_kind in about.items()}


def heard(
    reference: Reference,
    fetches: Sequence[StagedFetch],
    data_type: DataType,
    tell_of: Callable[[Source], Tell[Item] | None],
    observed: Observed | None = None,
) -> Heard[Item]:
    """Ask the source of each kind what its fetches tell."""
    by_kind = staged_by_kind(reference, fetches, observed)
    silent: dict[str, tuple[StagedFetch | None, Missing]] = {}
    told: list[tuple[StagedFetches, Told[Item]]] = []
    for kind, staged in by_kind.items():
        tell = tell_of(SOURCES[kind]) if kind in SOURCES else None
        if tell is None:
            silent |= {key: (fetch, _not_read(fetch, data_type)) for key, fetch in staged.fetches.items()}
        else:
            told.append((staged, tell(staged)))
    spoken_of = {key for staged in by_kind.values() for key in staged.fetches}
    silent |= {key: (None, missing(None)) for key in reference.keys if key not in spoken_of}
    return Heard(silent, told)


def _not_read(fetch: StagedFetch, data_type: DataType) -> Missing:
    """What to say where a fetch's answers are of a kind that does not tell the data type, or nobody was asked."""
    if fetch.kind == NO_PROVIDER:
        return missing(fetch)
    known = sorted(kind for kind, source in SOURCES.items() if data_type in source.tells.roles)
    return Missing(
        FigureState.UNAVAILABLE,
        f"answers of kind {fetch.kind} ({fetch.provider}) are not read for {fetch.data_type};"
        f" read are: {', '.join(known)}",
    )
