"""Rule: every row is of the chain and period that the snapshot is of."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "own_period"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """How many rows are of another period."""
    columns = context.key.columns
    strangers = frame.filter(pl.any_horizontal(pl.col(name) != value for name, value in columns.items()))
    if len(strangers):
        words = f"{len(strangers)} rows belong to another period than {context.table.name} of {context.key}"
        first = strangers.select(list(columns)).row(0, named=True)
        yield violation(NAME, words, first, rows=len(strangers))


RULE = GateRule(
    name=NAME,
    looks_at="the chain and period columns of every row",
    why="A row of another period would be counted in both.",
    when_it_fires="It is a fault of Aurora's: report it with the snapshot's number.",
    check=check,
)
