"""Several JSON-RPC questions in one request, and each element of the answer as an answer of its own, byte for byte.

What is between the elements (brackets, commas, spaces) is not kept; an element is exactly the bytes that came. Its id
depends on its question alone, so the same question has the same bytes in whatever company it was asked.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import while_reading

BATCHED_METHODS: Final = frozenset({"getBlock", "getBlockTime", "eth_getBlockByNumber", "eth_getBlockReceipts"})
"""Asked by the thousand, with answers small enough for many of them in one body."""
# JSON numbers of this size are exact everywhere.
_ID_BITS: Final = 52
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def grouped(questions: Iterable[Question], size: int, workers: int) -> list[tuple[Question, ...]]:
    """Questions in groups that may be asked together, in order; all workers get some."""
    everything = list(questions)
    together = [question for question in everything if is_batchable(question)]
    size = min(size, math.ceil(len(together) / max(1, workers)))
    if size <= 1:
        return [(question,) for question in everything]
    groups = [(question,) for question in everything if not is_batchable(question)]
    return [*groups, *(tuple(together[start : start + size]) for start in range(0, len(together), size))]


def is_batchable(question: Question) -> bool:
    """Whether a question may go with others into one request."""
    body = question.body
    return isinstance(body, Mapping) and "jsonrpc" in body and body.get("method") in BATCHED_METHODS


def batch_of(questions: Sequence[Question]) -> Question:
    """The questions as one; each under its own id."""
    bodies = [_with_id(question) for question in questions]
    return replace(questions[0], key=f"{len(bodies)} at once from {questions[0].key}", body=bodies)


def taken_apart(whole: Answer, questions: Sequence[Question]) -> dict[str, Answer]:
    """The elements of a batch's answer by request key; a question with no element, or with two, is left out."""
    if whole.status != 200:
        return {}
    with while_reading(len(whole.body)):
        elements = _elements(whole.body)
    answers = {}
    for question in questions:
        found = elements.get(_id(question), [])
        if len(found) == 1:
            request = {**whole.request, "body": _with_id(question)}
            answers[question.key] = replace(
                whole, request_key=question.key, request=request, question=question.kind, body=found[0]
            )
    return answers


def _elements(body: bytes) -> dict[int, list[bytes]]:
    """The elements of a JSON array by their ids, as they stand in the body; none where it is no such array."""
    found: dict[int, list[bytes]] = {}
    decoder = json.JSONDecoder()
    try:
        text = body.decode()
        place = _skipped(text, 0)
        if text[place : place + 1] != "[":
            return {}
        place = _skipped(text, place + 1)
        while text[place : place + 1] not in ("]", ""):
            value, end = decoder.raw_decode(text, place)
            number = value.get("id") if isinstance(value, dict) else None
            if type(number) is int:
                found.setdefault(number, []).append(text[place:end].encode())
            place = _skipped(text, end)
            if text[place : place + 1] == ",":
                place = _skipped(text, place + 1)
    except (ValueError, RecursionError):
        # Cut off or garbled: what came whole before that place is good, and the rest is asked again.
        return found
    return found


def _skipped(text: str, place: int) -> int:
    match = _SPACE.match(text, place)
    return place if match is None else match.end()


def _with_id(question: Question) -> dict[str, Any]:
    assert isinstance(question.body, Mapping)  # is_batchable
    return {**question.body, "id": _id(question)}


def _id(question: Question) -> int:
    return int.from_bytes(hashlib.sha256(question.key.encode()).digest()[:8]) >> (64 - _ID_BITS)
