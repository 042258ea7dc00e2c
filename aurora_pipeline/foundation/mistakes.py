"""Mistakes in what people write: found one by one, told all at once, and where those are that are not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

SHOWN: Final = 30
"""So many mistakes are told one by one; of the others, how many there are and where."""
_RANGES_SHOWN: Final = 40


@dataclass(frozen=True)
class Mistake:
    """One mistake: where it is, what is wrong, what to do. Never holds a secret."""

    file: str
    line: int | None
    place: str
    """The key, or the column; empty where it is about the whole line or file."""
    message: str
    remedy: str | None

    def __str__(self) -> str:
        position = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.place}: " if self.place else ""
        told = f"{position}  {subject}{self.message}"
        return told if self.remedy is None else f"{told}\n    -> {self.remedy}"


@dataclass
class Mistakes:
    """The mistakes of one file, collected before anything is done with it."""

    file: str
    found: list[Mistake] = field(default_factory=list)

    def add(self, line: int | None, message: str, place: str = "") -> None:
        """Note a mistake on a line (None: of the file as a whole), in the column of a name."""
        self.found.append(Mistake(self.file, line, place, message, None))


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """File by file, from the first line to the last."""
    return tuple(sorted(mistakes, key=lambda one: (one.file, one.line or 0)))


def counted(mistakes: Sequence[Mistake]) -> str:
    """How many there are."""
    return "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"


def listing(mistakes: Sequence[Mistake]) -> str:
    """The first of them line by line; of the others, how many there are and in which lines of which files."""
    lines = [f"  {one}" for one in mistakes[:SHOWN]]
    left = mistakes[SHOWN:]
    return "\n".join([*lines, *([f"  ... and {len(left)} more, {_places(left)}"] if left else [])])


def _places(mistakes: Sequence[Mistake]) -> str:
    """Where mistakes that stand in order are."""
    by_file = [(file, list(those)) for file, those in groupby(mistakes, lambda one: one.file)]
    told = [f"{file}{_lines(those)}" for file, those in by_file]
    if len(told) == 1:
        return f"all in {told[0]}"
    return "; ".join(f"{len(those)} in {text}" for text, (_, those) in zip(told, by_file, strict=True))


def _lines(mistakes: Sequence[Mistake]) -> str:
    numbers = sorted({one.line for one in mistakes if one.line is not None})
    if not numbers:
        return ""
    text, left = ranges(numbers)
    return f", line{'' if len(numbers) == 1 else 's'} {text}" + (f" and {left} more" if left else "")


def ranges(numbers: Sequence[int], at_most: int = _RANGES_SHOWN) -> tuple[str, int]:
    """Numbers in order, those that follow each other as first-last; and how many are left out of so many ranges."""
    starts = [numbers[0], *(later for earlier, later in pairwise(numbers) if later != earlier + 1)]
    ends = [*(earlier for earlier, later in pairwise(numbers) if later != earlier + 1), numbers[-1]]
    spans = [str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True)]
    left = sum(1 for number in numbers if number > ends[at_most - 1]) if len(spans) > at_most else 0
    return ", ".join(spans[:at_most]), left
