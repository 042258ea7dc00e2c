"""Answers that are struck in one to three places, or in their bytes, and what may be made of them."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from random import Random
from types import FrameType
from typing import Any

from aurora_pipeline.asking.reading import ReaderStumbled, UnreadableAnswer

WRONG: tuple[object, ...] = (
    None,
    "",
    "7",
    "x" * 70,
    "\0\u202e",
    {"\0": "\0"},
    [],
    {},
    [[]],
    {"a": 1},
    True,
    False,
    -1,
    0,
    0.5,
    2**64,
    10**30,
)
RAW = (
    "1e9999999",
    "-1e-9999999",
    "1e999999999999999999999",
    "0.1e-400",
    "9" * 5000,
    "9" * 4000,
    "0." + "3" * 300,
    "NaN",
    "-Infinity",
    '{"a": 1, "a": 2}',
    "[" * 100_000,
    '"\\ud800"',
    "tru",
)
"""What no JSON library would write."""
_PLACE = "@@here@@"

Path = tuple[str | int, ...]


def garbled(body: bytes, random: Random) -> bytes:
    """The body with what no JSON library would write in one place, or cut off: never another number that could be."""
    if random.random() < 0.3:
        at = random.randrange(len(body))
        return random.choice((body[:at], body[at:], body + body, b"", b"null"))
    value = json.loads(body)
    *above, last = random.choice(list(_places(value)))
    holder = value
    for name in above:
        holder = holder[name]
    holder[last] = _PLACE
    return json.dumps(value).replace(f'"{_PLACE}"', random.choice(RAW), 1).encode()


def struck(body: bytes, random: Random) -> bytes:
    """The body, changed in one to three places, or in its bytes."""
    if random.random() < 0.1:
        return _bytes_struck(body, random)
    value = json.loads(body)
    raw: list[str] = []
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        value = _changed(value, random, raw)
    text = json.dumps(value)
    for one in raw:
        text = text.replace(f'"{_PLACE}"', one, 1)
    return text.encode()


def _changed(value: Any, random: Random, raw: list[str]) -> Any:
    places = list(_places(value))
    if not places:
        return value
    depth = random.choice(sorted({len(place) for place in places}))
    *above, last = random.choice([place for place in places if len(place) == depth])
    holder = value
    for name in above:
        holder = holder[name]
    how = random.choice(("drop", "double", "cut", "swap", "wrong", "wrong", "wrong", "raw"))
    if how == "drop":
        del holder[last]
    elif how in ("double", "cut") and isinstance(last, int):
        holder[last:] = [] if how == "cut" else [deepcopy(holder[last]), *holder[last:]]
    elif how == "swap" and isinstance(holder, list):
        random.shuffle(holder)
    elif how == "raw":
        raw.append(random.choice(RAW))
        holder[last] = _PLACE
    else:
        holder[last] = deepcopy(random.choice(WRONG))
    return value


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in inside:
        yield (*path, name)
        yield from _places(item, (*path, name))


def _bytes_struck(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    return random.choice(
        (body[:at], body[at:], body + body, body[:at] + bytes([random.randrange(256)]) + body[at + 1 :], b"", b"null")
    )


@contextmanager
def or_refused_by_name() -> Iterator[None]:
    """Around what may refuse an answer: a reader that stumbles over it refuses nothing."""
    try:
        yield
    except ReaderStumbled:
        raise
    except UnreadableAnswer:
        pass


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Ends what does not come back, as far as Python can."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
