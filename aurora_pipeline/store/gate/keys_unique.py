"""Rule: no two rows have the same key."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "unique_keys"


_SHOWN = 3


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The first keys that several rows have, and how many there are."""
    key = list(context.table.key)
    is_repeated = frame.select(key).is_duplicated()
    if not is_repeated.any():
        return
    counts = frame.select(key).filter(is_repeated).group_by(key).len().sort(key)
    for row in counts.head(_SHOWN).iter_rows(named=True):
        rows = row.pop("len")
        named = ", ".join(f"{name} {value}" for name, value in row.items())
        yield violation(NAME, f"{rows} rows of {context.table.name} have the key {named}", row, rows=rows)
    if len(counts) > _SHOWN:
        words = f"{len(counts) - _SHOWN} more keys of {context.table.name} have several rows"
        yield violation(NAME, words, {}, keys=len(counts))


RULE = GateRule(
    name=NAME,
    looks_at="the key columns of all rows together",
    why="Two rows of one key count the same figure twice.",
    when_it_fires="See which answer tells the key twice. It is a fault of Aurora's to have let it so far: report it.",
    check=check,
)
