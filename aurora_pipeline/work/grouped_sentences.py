"""Sentences that say the same of different things, as one: with their number, the first names, and ranges."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from aurora_pipeline.foundation.listing import listed

_ROWS_SHOWN: Final = 5
_KEY: Final = r"\b(?:0x[0-9a-fA-F]{40,64}|(?=[0-9]*[A-Za-z])[0-9A-Za-z]{32,64})\b"
_ROWS: Final = r"\brows [0-9]+(?:-[0-9]+)?(?:, [0-9]+(?:-[0-9]+)?)+(?: and [0-9]+ more)?"
"""A list of rows is one thing: the first rows of one and of another are no range."""
_NUMBER: Final = r"(?<![\w.])[0-9]+(?:\.[0-9]+)?(?![\w.]*\w)"


@dataclass(frozen=True)
class Alike:
    """Sentences that differ in names, keys and numbers only."""

    text: str
    """As one: numbers that differ as their range, names as the first of them and how many more there are."""
    members: tuple[int, ...]
    """The places of the sentences among those that were given."""

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.members)


def alike(texts: Sequence[str], names: Collection[str] = ()) -> list[Alike]:
    """The sentences grouped, the most frequent kind first; `names` may differ as keys and numbers may."""
    variable = _variable(names)
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, text in enumerate(texts):
        groups.setdefault(_fixed(variable, text), []).append(place)
    found = [Alike(_merged(variable, [texts[place] for place in places]), tuple(places)) for places in groups.values()]
    return sorted(found, key=lambda one: -one.count)


def _variable(names: Collection[str]) -> re.Pattern[str]:
    """What may differ; the longest names first, for one may begin as another does."""
    known = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names, key=len, reverse=True) if name]
    return re.compile(f"({'|'.join([*known, _KEY, _ROWS, _NUMBER])})")


def _fixed(variable: re.Pattern[str], text: str) -> tuple[str, ...]:
    """What stays the same: the text between, and whether a number or a name stands there."""
    pieces = variable.split(text)
    return tuple(_sort_of(piece) if place % 2 else piece for place, piece in enumerate(pieces))


def _sort_of(piece: str) -> str:
    return "#" if _is_number(piece) else ":" if re.match(_ROWS, piece) else "@"


def _merged(variable: re.Pattern[str], texts: Sequence[str]) -> str:
    told = [tuple(dict.fromkeys(pieces)) for pieces in zip(*(variable.split(text) for text in texts), strict=True)]
    return "".join(_as_one(values) for values in told)


def _rows_as_one(values: Sequence[str]) -> str:
    """The first few rows of them all."""
    numbers = (int(number) for text in values for number in re.findall(r"(?<!and )[0-9]+", text))
    return f"rows {', '.join(map(str, sorted(set(numbers))[:_ROWS_SHOWN]))} and others"


def _as_one(values: Sequence[str]) -> str:
    if len(values) == 1:
        return values[0]
    if all(map(_is_number, values)):
        return f"{min(values, key=Decimal)} to {max(values, key=Decimal)}"
    return _rows_as_one(values) if re.match(_ROWS, values[0]) else listed(values)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) is not None
