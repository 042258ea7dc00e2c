"""Rule: there are rows where rows are due: an empty answer never becomes an empty snapshot."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.sources.result import VALIDATORS_DUE
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "rows_due"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """That nothing is there, where somebody is operated."""
    due = context.of(VALIDATORS_DUE)
    if due and frame.is_empty():
        yield violation(NAME, f"{context.table.name} has no row for any of {listed(due)}", {}, validators=len(due))


RULE = GateRule(
    name=NAME,
    looks_at="the number of rows",
    why="An empty answer from a provider would take the place of figures, and every sum below would be 0.",
    when_it_fires="See with `aurora trace` what was answered; ask again with `aurora backfill CHAIN EPOCH --refetch`.",
    check=check,
    needs=(VALIDATORS_DUE,),
)
