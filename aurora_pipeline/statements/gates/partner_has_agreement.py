"""Rule: every line is of a partner who has a statement."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.statements.gates.grounds import LINES
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "partner_has_agreement"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The partners of lines who have no statement."""
    for partner in sorted(set(context.of(LINES)["partner_id"]) - set(frame["partner_id"])):
        words = f"there are lines of partner {partner}, who has no agreement in force any more: compute the lines again"
        yield violation(NAME, words, {"partner_id": partner})


RULE = GateRule(
    name=NAME,
    looks_at="the partners of the period's published lines, and those who have a statement",
    why="What a line owes to nobody's statement is never paid.",
    when_it_fires="The terms changed after the lines were computed: `aurora recompute CHAIN EPOCH`.",
    check=check,
    needs=(LINES,),
)
