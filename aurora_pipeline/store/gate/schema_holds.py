"""Rule: columns, types, order and bounds are as declared."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.frames import refusals
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "schema"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """What of the declared columns and bounds does not hold."""
    for refused in refusals(context.table, frame):
        yield violation(NAME, refused.words, {"column": refused.column}, found=refused.shown)


RULE = GateRule(
    name=NAME,
    looks_at="every column: its name, place and type, whether it may be empty, and the bounds of its values",
    why="A value of another type or out of its bounds is not a figure; everything below would count on with it.",
    when_it_fires="Look at the rows the message names. A bound that is right and an answer that is not: the provider"
    " answers wrongly, ask another one. Else it is a fault of Aurora's: report it.",
    check=check,
)
