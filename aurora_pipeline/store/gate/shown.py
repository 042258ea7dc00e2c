"""What rules found, as a table that people read: in messages, in the Dagster UI, in commands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

from aurora_pipeline.store.gate.rule import Violation

_SHOWN: Final = 20
_LONGEST: Final = 400


def as_text(found: Sequence[tuple[str, Violation]], at_most: int = _SHOWN) -> str:
    """Violations with the tables they are of, in columns; how many more there are."""
    head = ("table", "rule", "where", "what is wrong")
    rows = [(table, one.rule, where(one), one.words) for table, one in found[:at_most]]
    widths = [max(map(len, column)) for column in zip_longest(head, *rows, fillvalue="")]
    # The last column is as wide as it is.
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths[:-1], strict=False)), row[-1]])
        for row in (head, *rows)
    ]
    more = [f"and {len(found) - at_most} more"] if len(found) > at_most else []
    return "\n".join([*lines, *more])


def as_markdown(found: Iterable[Violation]) -> str:
    """Violations as a table of Markdown."""
    rows = [(one.rule, where(one), one.words, figures(one)) for one in found]
    if not rows:
        return "none"
    lines = ["| rule | where | what | figures |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(map(_cell, row))} |" for row in rows)])


def where(one: Violation) -> str:
    """The key columns and their values."""
    return ", ".join(f"{name} {value}" for name, value in one.where.items())


def figures(one: Violation) -> str:
    """The figures by name."""
    return ", ".join(f"{name} {value}" for name, value in one.figures.items())


def _cell(text: str) -> str:
    """A text that does not break out of its cell."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return shown.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")
