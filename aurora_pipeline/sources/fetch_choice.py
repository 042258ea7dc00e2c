"""Which staged fetch speaks about a validator, and what a row says where none does or it says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aurora_pipeline.sources.reference import OperatedValidator
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch, takes_the_place
from aurora_pipeline.store.payloads.tables import EVERYONE

NOTHING_STAGED = "nothing staged: no provider was asked about it in this period"


def fetch_about(fetches: Iterable[StagedFetch], validator_key: str) -> StagedFetch | None:
    """The fetch about a validator: its own one, else the one that covers all."""
    return fetch_in({fetch.subject: fetch for fetch in fetches}, validator_key)


def fetch_in(by_subject: Mapping[str, StagedFetch], validator_key: str) -> StagedFetch | None:
    """The same of fetches by subject."""
    own, of_all = by_subject.get(validator_key), by_subject.get(EVERYONE)
    return of_all if own is None or (of_all is not None and takes_the_place(of_all, own)) else own


def missing(fetch: StagedFetch | None, detail: str | None = None) -> Missing:
    """What to say where a fetch does not hold what a figure needs.

    A fetch that calls itself final and yet lacks it makes the figure unavailable: waiting would not help.
    """
    if fetch is None:
        return Missing(FigureState.UNAVAILABLE, NOTHING_STAGED)
    state = FigureState.UNAVAILABLE if fetch.state is FigureState.FINAL else fetch.state
    said = fetch.reason or ""
    reasons = [text for text in (None if detail is None or detail in said else detail, said) if text]
    return Missing(state, "; ".join(reasons) or f"{fetch.provider} did not answer it")


def because(problems: Iterable[str]) -> str:
    """Problems in brackets, each once, to follow a statement they explain; nothing where there are none."""
    texts = list(dict.fromkeys(problems))
    return f" ({'; '.join(texts)})" if texts else ""


def unknown_identity(validator: OperatedValidator, fetch: StagedFetch) -> Missing | None:
    """What to say where answers name validators by their identities, and this one's are not known."""
    if validator.identities:
        return None
    # Why nobody could be asked by it, and what the providers before this one said, stands in the fetch.
    return missing(fetch, None if fetch.reason else "its identity is not known")
