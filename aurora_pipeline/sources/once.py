"""Each answer is read once, however many fetches hold it and however many validators it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.payloads.answers import Answer

Value = TypeVar("Value")


class Once:
    """What a source read while it tells one layer; what could not be read is remembered, too."""

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
        return self._read(reader, lambda: reader(answer, provider), answer)

    def of_epoch(
        self, reader: Callable[[Answer, str, EpochNumber], Value], answer: Answer, provider: str, epoch: EpochNumber
    ) -> Value | UnreadableAnswer:
        """As `read`, with a reader that is told the epoch."""
        return self._read((reader, epoch), lambda: reader(answer, provider, epoch), answer)

    def _read(self, what: object, read: Callable[[], Value], answer: Answer) -> Value | UnreadableAnswer:
        # Equal bytes can answer different questions (two empty lists), so the question is part of the key.
        key = (what, answer.request_key, answer.response_hash)
        if key not in self._values:
            try:
                self._values[key] = read()
            except UnreadableAnswer as error:
                self._values[key] = error
        return cast("Value | UnreadableAnswer", self._values[key])
