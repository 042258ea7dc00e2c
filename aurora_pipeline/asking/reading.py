"""Reading an answer's JSON exactly: whole numbers as ints, decimals as Decimal, and errors that name the place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal, InvalidOperation
from functools import wraps
from typing import Any, Final, NoReturn, ParamSpec, TypeVar

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.gc_pause import collector_paused
from aurora_pipeline.foundation.printable import harmless, printable
from aurora_pipeline.store.payloads.answers import Answer

_HALF_CHARACTER: Final = re.compile(rb"\\u[dD][89a-fA-F]")
Parameters = ParamSpec("Parameters")
Value = TypeVar("Value")

U64_MAX: Final = 2**64 - 1
I64_MAX: Final = 2**63 - 1
_QUOTED_LENGTH_MAX: Final = 60
_PROBLEM_LENGTH_MAX: Final = 1_000
_NUMBER_LENGTH_MAX: Final = 80
_EXPONENT_MAX: Final = 60
"""Far beyond every amount in every unit, and still quick to shift and compare."""
_LARGE_BODY_BYTES: Final = 2**14


class UnreadableAnswer(AuroraError):
    """An answer that is not what was asked for: garbage, cut off, of another epoch. It never counts as zero."""

    code = "answer-unreadable"
    what_to_do = "Ask again with `aurora backfill CHAIN EPOCH --refetch`; if it stays, name another provider first."

    def __init__(self, provider: str, request_key: str, problem: str) -> None:
        problem = printable(_shortened(problem, _PROBLEM_LENGTH_MAX))
        super().__init__(
            f"{provider} answered {request_key!r} with something unreadable: {problem}",
            "`aurora backfill CHAIN EPOCH --refetch` asks again; if it stays, name another provider for the role first",
        )
        self.provider = provider
        self.request_key = request_key
        self.problem = problem


class ReaderStumbled(UnreadableAnswer):
    """An answer that its reader was not written for. It counts for nothing, and is a defect of the reader as well."""

    code = "answer-not-foreseen"
    what_to_do = "Report it with the answer; until then name another provider for the role first."

    def __init__(self, provider: str, request_key: str, error: Exception) -> None:
        problem = f"its reader stumbled over it ({type(error).__name__}: {_shortened(str(error))}); please report it"
        super().__init__(provider, request_key, problem)


class UnreadableFile(UnreadableAnswer):
    """A file of the operator's that is not what its mapping says."""

    code = "file-not-as-mapped"
    what_to_do = "Correct the file, or its columns in providers.yaml, then backfill."

    def __init__(self, provider: str, request_key: str, path: str, problem: str) -> None:
        super().__init__(provider, request_key, problem)
        self.message = f"{provider}: {path} can't be read as providers.yaml says: {self.problem}"
        self.remedy = "correct the file, or its columns in providers.yaml, then `aurora backfill CHAIN EPOCH`"


def reader(read: Callable[Parameters, Value]) -> Callable[Parameters, Value]:
    """Marks a function that reads answers and takes them first and the provider second.

    Whatever the bytes of a stranger do to it, the answer is an unreadable one: it is named, counts for nothing and is
    asked for again. Without this, one stored answer stops its data type in every later run.
    """

    @wraps(read)
    def guarded(*arguments: Parameters.args, **options: Parameters.kwargs) -> Value:
        try:
            return read(*arguments, **options)
        except AuroraError:
            raise
        except Exception as error:
            answers, provider = arguments[0], str(arguments[1])
            first = next(iter(answers), None) if isinstance(answers, Sequence) else answers
            raise ReaderStumbled(provider, str(getattr(first, "request_key", "")), error) from error

    return guarded


class Node:
    """A value inside an answer that knows where it stands, so that an error can say so."""

    __slots__ = ("_answer", "_provider", "path", "value")

    def __init__(self, provider: str, answer: Answer, path: str, value: Any) -> None:
        self._provider = provider
        self._answer = answer
        self.path = path
        self.value = value

    def refuse(self, problem: str) -> NoReturn:
        """Raise what is wrong with this value."""
        raise UnreadableAnswer(self._provider, self._answer.request_key, f"{self.path}: {problem}")

    def __getitem__(self, key: str) -> Node:
        """The value of a key that must be there (null is a value)."""
        if not isinstance(self.value, dict):
            self.refuse(f"expected an object, got {_quoted(self.value)}")
        if key not in self.value:
            self.refuse(f'the key "{key}" is missing')
        return Node(self._provider, self._answer, f"{self.path}.{key}", self.value[key])

    def get(self, key: str) -> Node | None:
        """The value of a key, or None where it is missing or null."""
        if not isinstance(self.value, dict):
            self.refuse(f"expected an object, got {_quoted(self.value)}")
        value = self.value.get(key)
        return None if value is None else Node(self._provider, self._answer, f"{self.path}.{key}", value)

    def items(self) -> list[Node]:
        """The items of a list."""
        if not isinstance(self.value, list):
            self.refuse(f"expected a list, got {_quoted(self.value)}")
        return [
            Node(self._provider, self._answer, f"{self.path}[{number}]", item) for number, item in enumerate(self.value)
        ]

    def item(self, number: int) -> Node:
        """One item of a list that has it."""
        return Node(self._provider, self._answer, f"{self.path}[{number}]", self.value[number])

    def entries(self) -> Iterator[tuple[str, Node]]:
        """Keys and values of an object."""
        if not isinstance(self.value, dict):
            self.refuse(f"expected an object, got {_quoted(self.value)}")
        for key, value in self.value.items():
            yield key, Node(self._provider, self._answer, f"{self.path}.{key}", value)

    def whole(self, minimum: int = 0, maximum: int = U64_MAX) -> int:
        """An exact whole number within bounds; text, floats and booleans are refused."""
        # A bool is an int in Python, and True coins are no amount.
        if type(self.value) is not int or not minimum <= self.value <= maximum:
            self.refuse(f"expected a whole number from {minimum} to {maximum}, got {_quoted(self.value)}")
        return self.value

    def whole_text(self, maximum: int = U64_MAX) -> int:
        """A whole number that the API sends as text (or as a number)."""
        text = self.value
        if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= len(str(maximum)):
            number = int(text)
            if number <= maximum:
                return number
            Node(self._provider, self._answer, self.path, number).whole(0, maximum)
        return self.whole(0, maximum)

    def signed_text(self, bound: int = I64_MAX) -> int:
        """A whole number of either sign that the API sends as text (or as a number)."""
        text = self.value
        if isinstance(text, str) and text.startswith("-") and text != "-0":
            return -Node(self._provider, self._answer, self.path, text[1:]).whole_text(bound)
        if type(text) is int:
            return self.whole(-bound, bound)
        return self.whole_text(bound)

    def decimal(self) -> Decimal:
        """A number with or without decimals, exactly as it was written."""
        if type(self.value) is not int and not isinstance(self.value, Decimal):
            self.refuse(f"expected a number, got {_quoted(self.value)}")
        return Decimal(self.value)

    def text(self) -> str:
        """A text that is not empty, with what no row can hold written out: names are whatever somebody made them."""
        if not isinstance(self.value, str) or not self.value:
            self.refuse(f"expected a text, got {_quoted(self.value)}")
        return harmless(self.value)

    def flag(self) -> bool:
        """true or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"expected true or false, got {_quoted(self.value)}")
        return self.value


def parsed(answer: Answer, provider: str) -> Node:
    """The answer's body as JSON: exact numbers within bounds, no key twice, never a float, so that no digit is lost."""
    try:
        with while_reading(len(answer.body)):
            value = json.loads(
                answer.body, parse_float=_decimal, parse_constant=_refuse_constant, object_pairs_hook=_object
            )
            # Most answers escape nothing, which is seen fifty times sooner.
            if b"\\" in answer.body and _HALF_CHARACTER.search(answer.body):
                _refuse_half_characters(value)
    except (ValueError, RecursionError) as error:
        problem = "it is nested too deeply" if isinstance(error, RecursionError) else _json_problem(error)
        size = f"HTTP {answer.status}, {len(answer.body)} bytes"
        raise UnreadableAnswer(provider, answer.request_key, f"no JSON ({size}): {problem}") from None
    return Node(provider, answer, "$", value)


def _refuse_half_characters(value: Any) -> None:
    """JSON can escape half of a character; no text with one can be stored or hashed."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise ValueError("a text in it holds half a character") from None


def _decimal(text: str) -> Decimal:
    """A number with decimals or an exponent, within bounds: 1e9999999 is nine bytes, and no machine can count to it."""
    try:
        number = Decimal(text) if len(text) <= _NUMBER_LENGTH_MAX else None
    except InvalidOperation:
        number = None
    exponent = None if number is None else number.as_tuple().exponent
    if number is None or not isinstance(exponent, int) or not -_EXPONENT_MAX <= exponent <= _EXPONENT_MAX:
        raise ValueError(f"the number {_shortened(text)} is beyond what an amount can be")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand in it once: of two values under one key, nobody can say which is meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        doubled = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise ValueError(f'the key "{_shortened(doubled)}" stands twice in one object')
    return found


def while_reading(body_bytes: int) -> AbstractContextManager[None]:
    """Pauses the collector for large answers: neither JSON nor rows hold cycles. Small ones take no time anyway."""
    return collector_paused() if body_bytes >= _LARGE_BODY_BYTES else nullcontext()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _json_problem(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at character {error.pos}"
    return "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)


def _quoted(value: Any) -> str:
    if isinstance(value, dict | list):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    return _shortened("null" if value is None else repr(value))


def _shortened(text: str, length_max: int = _QUOTED_LENGTH_MAX) -> str:
    return text if len(text) <= length_max else f"{text[:length_max]}…"
