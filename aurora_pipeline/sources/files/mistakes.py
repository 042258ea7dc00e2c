"""What is wrong in a file, told so that all of it can be found: how many cells, in which columns and rows, and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from aurora_pipeline.foundation.mistakes import Mistake, ranges

_TOLD_SINGLY: Final = 5
_RANGES_SHOWN: Final = 40
# What differs between mistakes of one sort: quoted texts and numbers.
_VARIES: Final = re.compile(r"'[^']*'|[0-9][0-9.,]*")


def in_row(row: int, why: str, column: str | None = None) -> Mistake:
    """A mistake in a row; which file it is, the fetch says."""
    return Mistake("", row, column or "", why, None)


def _alone(one: Mistake) -> str:
    """Where it is and what is wrong."""
    if not one.place:
        return f"row {one.line} {one.message}"
    link = " " if one.message == "is empty" else ": "
    return f"row {one.line}, column {one.place!r}{link}{one.message}"


def in_words(mistakes: Sequence[Mistake], *, at_most: int = _RANGES_SHOWN) -> str:
    """A few of them each for itself; many by column and sort, with their number, their rows and the first of them."""
    if len(mistakes) <= _TOLD_SINGLY:
        return "; ".join(map(_alone, mistakes))
    sorts: dict[tuple[str, str], list[Mistake]] = {}
    for mistake in mistakes:
        sorts.setdefault((mistake.place, _VARIES.sub("", mistake.message)), []).append(mistake)
    told = "; ".join(_sort_in_words(alike, at_most) for alike in sorts.values())
    return told if len(sorts) == 1 else f"{len(mistakes)} mistakes: {told}"


def _sort_in_words(alike: Sequence[Mistake], at_most: int) -> str:
    first = alike[0]
    if len(alike) == 1:
        return _alone(first)
    where = f", column {first.place!r}" if first.place else ""
    rows = _rows(sorted({one.line or 0 for one in alike}), at_most)
    return f"{len(alike)} mistakes in rows {rows}{where}, the first: {first.message}"


def _rows(rows: Sequence[int], at_most: int) -> str:
    """Row numbers, those in a row as first-last."""
    text, left = ranges(rows, at_most)
    return text + (f" and {left} more (`aurora providers check` lists them)" if left else "")
