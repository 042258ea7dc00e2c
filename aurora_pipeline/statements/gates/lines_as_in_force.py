"""Rule: a statement holds what the database itself counts and sums of the lines of its periods."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.statements.gates.grounds import COMPUTED, SETTLED, Settled
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "lines_as_in_force"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The computed statements that say something else; those stated before stay as they were."""
    partners = context.of(COMPUTED)
    computed = frame.filter(pl.col("partner_id").is_in(list(partners)))
    for row in exact_rows(context.table, computed):
        partner = row["partner_id"]
        settled = context.of(SETTLED).get(partner, Settled())
        stated = (row["line_count"], row["lines"], row["held_total"])
        in_force = (settled.lines, settled.known, settled.held)
        if stated != in_force:
            words = (
                f"the statement of {partner} holds {stated[0]} lines worth {stated[1]} and {stated[2]} held,"
                f" but in force are {in_force[0]} worth {in_force[1]} and {in_force[2]} held:"
                " compute the EPOCH statements of its periods again"
            )
            yield violation(NAME, words, {"partner_id": partner}, stated=stated, in_force=in_force)


RULE = GateRule(
    name=NAME,
    looks_at="lines, their worth and what is held, of every computed statement, and what the database sums of them",
    why="Two ways to one sum: what was read for the statement and what is in force must be the same lines.",
    when_it_fires="Compute the EPOCH statements of its periods again: `aurora recompute CHAIN FROM..TO`.",
    check=check,
    needs=(COMPUTED, SETTLED),
)
