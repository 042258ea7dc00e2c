"""Fields of answers that nobody here knows: what a fork of the chain, or a new release of a node, brings along.

Looked at are the objects that figures are read from, of nodes of the chain itself: each source names them with the
fields that they had when its reader was written. What third parties add to their answers says nothing of the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aurora_pipeline.asking.reading import UnreadableAnswer, parsed
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.sources.json_rpc import asked_method
from aurora_pipeline.store.gate.rule import Ground
from aurora_pipeline.store.payloads.answers import Answer

KnownFields = Mapping[str, Mapping[str, frozenset[str]]]
"""By question (the method of JSON-RPC), the known fields of objects by their place, like `result.rewards[]`."""
_NAME_LENGTH_MAX: Final = 100
_LOOKED_AT: Final = 100
"""So many objects of one list are looked at: what a fork brings is in all of them."""


@dataclass(frozen=True, order=True)
class UnknownField:
    """A field that an answer has, and that its reader was not written for."""

    provider: str
    question: str
    field: str
    """With the place of the object that has it."""


UNKNOWN_FIELDS: Final = Ground[tuple[UnknownField, ...]](
    "unknown_fields",
    "fields of the first and last answer of each kind that the reader of a node's answers does not know",
)


def question_of(answer: Answer) -> str:
    """What an answer is to."""
    return asked_method(answer) or answer.question


def unknown_fields(known: KnownFields, provider: str, answers: Iterable[Answer]) -> tuple[UnknownField, ...]:
    """The fields that answers of one provider have beyond what is known; what cannot be read is told elsewhere."""
    found: set[UnknownField] = set()
    for answer in answers:
        question = question_of(answer)
        try:
            root = parsed(answer, provider).value if question in known else None
        except UnreadableAnswer:
            continue
        for place, fields in known.get(question, {}).items():
            names = {name for one in _objects(root, place.split(".")) for name in one} - fields
            found |= {UnknownField(provider, question, f"{place}.{_shown(name)}") for name in names}
    return tuple(sorted(found))


def _shown(name: str) -> str:
    """A stranger's name of a field, as a row can hold it."""
    text = printable(name[:_NAME_LENGTH_MAX])
    return text if len(name) <= _NAME_LENGTH_MAX else f"{text}…"


def _objects(value: Any, place: list[str]) -> Iterator[Mapping[str, Any]]:
    """The objects at a place; where an answer has none there, there are none."""
    if not place:
        if isinstance(value, Mapping):
            yield value
        return
    name, *rest = place
    inner = value.get(name.removesuffix("[]")) if isinstance(value, Mapping) else None
    if name.endswith("[]"):
        for one in (inner if isinstance(inner, list) else [])[:_LOOKED_AT]:
            yield from _objects(one, rest)
    else:
        yield from _objects(inner, rest)
