"""What is wrong in a file, told so that all of it can be found: how many cells, in which columns and rows, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_TOLD_SINGLY: Final = 5
_RANGES_SHOWN: Final = 40
# What differs between mistakes of one sort: quoted texts and numbers.
_VARIES: Final = re.compile(r"'[^']*'|[0-9][0-9.,]*")


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a row."""

    row: int
    why: str
    column: str | None = None

    def __str__(self) -> str:
        """Where it is and what is wrong."""
        if self.column is None:
            return f"row {self.row} {self.why}"
        link = " " if self.why == "is empty" else ": "
        return f"row {self.row}, column {self.column!r}{link}{self.why}"


def in_words(mistakes: Sequence[Mistake], *, ranges: int = _RANGES_SHOWN) -> str:
    """A few of them each for itself; many by column and sort, with their number, their rows and the first of them."""
    if len(mistakes) <= _TOLD_SINGLY:
        return "; ".join(map(str, mistakes))
    sorts: dict[tuple[str | None, str], list[Mistake]] = {}
    for mistake in mistakes:
        sorts.setdefault((mistake.column, _VARIES.sub("", mistake.why)), []).append(mistake)
    told = "; ".join(_sort_in_words(alike, ranges) for alike in sorts.values())
    return told if len(sorts) == 1 else f"{len(mistakes)} mistakes: {told}"


def _sort_in_words(alike: Sequence[Mistake], ranges: int) -> str:
    first = alike[0]
    if len(alike) == 1:
        return str(first)
    where = "" if first.column is None else f", column {first.column!r}"
    rows = _rows(sorted({one.row for one in alike}), ranges)
    return f"{len(alike)} mistakes in rows {rows}{where}, the first: {first.why}"


def _rows(rows: Sequence[int], ranges: int) -> str:
    """Row numbers, those in a row as first-last."""
    starts = [rows[0], *(later for earlier, later in pairwise(rows) if later != earlier + 1)]
    ends = [*(earlier for earlier, later in pairwise(rows) if later != earlier + 1), rows[-1]]
    spans = [str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True)]
    left = sum(1 for row in rows if row > ends[ranges - 1]) if len(spans) > ranges else 0
    return ", ".join(spans[:ranges]) + (f" and {left} more (`aurora providers check` lists them)" if left else "")


def shown(names: Iterable[str], at_most: int = 3) -> str:
    """The first of some names, and how many more there are."""
    listed = list(names)
    more = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + more
