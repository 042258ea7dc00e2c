"""Which staged fetch speaks about a validator, and what a row says where none does or it says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.result import Row
from aurora_pipeline.sources.solana.answers import asked_method
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import EVERYONE, NO_PROVIDER, Answer, StagedFetch

Value = TypeVar("Value")

NOTHING_STAGED = "nothing staged: no provider was asked about it in this period"


@dataclass(frozen=True)
class Missing:
    """A figure that is not known: its state and why."""

    state: FigureState
    reason: str

    @property
    def columns(self) -> Row:
        """The two columns that say so."""
        return {"state": self.state.value, "reason": self.reason}


def fetch_about(fetches: Iterable[StagedFetch], validator_key: str) -> StagedFetch | None:
    """The fetch about a validator: its own one, else the one that covers all."""
    by_subject = {fetch.subject: fetch for fetch in fetches}
    return by_subject.get(validator_key) or by_subject.get(EVERYONE)


def missing(fetch: StagedFetch | None, detail: str | None = None) -> Missing:
    """What to say where a fetch does not hold what a figure needs.

    A fetch that calls itself final and yet lacks it makes the figure unavailable: waiting would not help.
    """
    if fetch is None:
        return Missing(FigureState.UNAVAILABLE, NOTHING_STAGED)
    state = FigureState.UNAVAILABLE if fetch.state is FigureState.FINAL else fetch.state
    reasons = [text for text in (detail, fetch.reason) if text]
    return Missing(state, "; ".join(reasons) or f"{fetch.provider} did not answer it")


def unknown_kind(fetch: StagedFetch, known: Iterable[str]) -> Missing:
    """What to say where a layer cannot read the answers of a fetch's adapter, or nobody was asked."""
    if fetch.kind == NO_PROVIDER:
        return missing(fetch)
    return Missing(
        FigureState.UNAVAILABLE,
        f"answers of kind {fetch.kind} ({fetch.provider}) are not read for {fetch.data_type};"
        f" read are: {', '.join(sorted(known))}",
    )


def answers_to(answers: Iterable[Answer], method: str) -> list[Answer]:
    """The answers to questions of one JSON-RPC method, in plan order."""
    return [answer for answer in answers if asked_method(answer) == method]


def because(problems: Iterable[str]) -> str:
    """Problems in brackets, each once, to follow a statement they explain; nothing where there are none."""
    texts = list(dict.fromkeys(problems))
    return f" ({'; '.join(texts)})" if texts else ""


class Once:
    """Reads each answer once, however many fetches hold it, and remembers what could not be read."""

    def __init__(self) -> None:
        self._values: dict[tuple[object, ...], Any] = {}

    def made(self, make: Callable[[Sequence[Answer]], Value], answers: Sequence[Answer]) -> Value:
        """What is made of several answers together; `make` must depend on nothing else."""
        key = (make, *((answer.request_key, answer.response_hash) for answer in answers))
        if key not in self._values:
            self._values[key] = make(answers)
        return cast("Value", self._values[key])

    def same(
        self, what: tuple[object, ...], make: Callable[[Sequence[Answer]], Value], answers: Sequence[Answer]
    ) -> Value:
        """As `made`, where `make` is a closure that `what` describes; answers are told apart by where they are stored.

        Hashing hundreds of megabytes of blocks once per validator would take longer than reading them.
        """
        key = (*what, *((answer.request_key, answer.payload_id, len(answer.body)) for answer in answers))
        if key not in self._values:
            self._values[key] = make(answers)
        return cast("Value", self._values[key])

    def read(self, reader: Callable[[Answer, str], Value], answer: Answer, provider: str) -> Value | UnreadableAnswer:
        """What the reader makes of an answer, or the error it raised."""
        # Equal bytes can answer different questions (two empty lists), so the question is part of the key.
        key = (reader, answer.request_key, answer.response_hash)
        if key not in self._values:
            try:
                self._values[key] = reader(answer, provider)
            except UnreadableAnswer as error:
                self._values[key] = error
        return cast("Value | UnreadableAnswer", self._values[key])
