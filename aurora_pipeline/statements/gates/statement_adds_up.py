"""Rule: a statement is its opening, its lines, its top-ups and its adjustments; what is not paid is its closing."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.statements.gates.grounds import COMPUTED
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "statement_adds_up"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The computed statements whose parts are not their total, or whose total is not paid and carried on."""
    partners = context.of(COMPUTED)
    computed = frame.filter(pl.col("partner_id").is_in(list(partners)))
    for row in exact_rows(context.table, computed):
        known = row["known_total"]
        parts = (row["opening"] or 0) + row["lines"] + row["top_ups"] + row["adjustments"]
        carried = row["closing"] is None or known - row["payable"] == row["closing"]
        if parts != known or not carried:
            words = f"the statement of {row['partner_id']} does not add up"
            names = ("opening", "lines", "top_ups", "adjustments", "known_total", "payable", "closing")
            figures = {name: row[name] for name in names}
            yield violation(NAME, words, {"partner_id": row["partner_id"]}, **figures)


RULE = GateRule(
    name=NAME,
    looks_at="opening, lines, top-ups, adjustments, total, payable and closing of every computed statement",
    why="Statement = opening + lines + adjustments: what is owed is carried on to the unit, from month to month.",
    when_it_fires="It is a fault of Aurora's: report it with the partner and the month.",
    check=check,
    needs=(COMPUTED,),
)
