"""Rule: every entry is of a partner whose statement is computed."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.statements.gates.grounds import COMPUTED, ENTRIES
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "entries_stated"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The partners of entries who have no statement."""
    entries = context.of(ENTRIES)
    computed = context.of(COMPUTED)
    lost = set() if entries.is_empty() else set(entries["partner_id"]) - computed
    for partner in sorted(lost):
        words = f"there are entries of {partner}, who has no statement"
        yield violation(NAME, words, {"partner_id": partner})


RULE = GateRule(
    name=NAME,
    looks_at="the partners of top-ups and adjustments, and those whose statement is computed",
    why="Entries of nobody's statement would be lost.",
    when_it_fires="It is a fault of Aurora's: report it with the partner and the month.",
    check=check,
    needs=(COMPUTED, ENTRIES),
)
