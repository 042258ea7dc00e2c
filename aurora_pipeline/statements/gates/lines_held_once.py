"""Rule: the statements together hold every line once: in number and to the unit."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.money import total
from aurora_pipeline.statements.gates.grounds import LINES
from aurora_pipeline.store.frames import ints, whole_numbers
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "lines_held_once"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """That the statements' lines, or their worth, are not those of the period."""
    lines = context.of(LINES)
    own = lines.filter(pl.col("partner_id").is_in(frame["partner_id"].to_list()))
    count = int(frame["line_count"].sum())
    stated = total([*whole_numbers(frame["known_total"]), *whole_numbers(frame["held_total"])])
    worth = total([amount for amount in ints(own["final"]) if amount is not None])
    if (count, stated) != (len(own), worth):
        words = f"the statements hold {count} lines worth {stated}, but there are {len(own)} worth {worth}"
        yield violation(NAME, words, {}, statements=stated, lines=worth)


RULE = GateRule(
    name=NAME,
    looks_at="the number and worth of the lines of all statements, and of the period's published lines",
    why="Conservation: a line that is on no statement is not paid, one on two is paid twice.",
    when_it_fires="It is a fault of Aurora's: report it with the period.",
    check=check,
    needs=(LINES,),
)
