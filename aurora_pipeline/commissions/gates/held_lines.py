"""Rule: held are exactly the lines with a positive claim on a component that cannot pay all of its claims."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.commissions.gates.grounds import LINES, claims, divided
from aurora_pipeline.commissions.tables import Party
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "held_lines"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Lines that are held without need, or paid from what is over-claimed."""
    whole = divided(frame).filter(pl.col("party") == Party.HELD.value)
    over_claimed = whole.select("validator_key", pl.col("component").alias("funded_by"), over_claimed=True)
    waiting = (
        claims(context.of(LINES))
        .join(over_claimed.lazy(), on=["validator_key", "funded_by"], how="left")
        .with_columns(
            expected=pl.col("over_claimed").fill_null(False) & (pl.col("claim") > 0).fill_null(False),
        )
    )
    wrong = waiting.filter(pl.col("held") != pl.col("expected")).select("line_id", "held").sort("line_id")
    for identity, held in wrong.collect(engine="streaming").iter_rows():
        state = "is held, though its component can pay" if held else "is not held, though its component is over-claimed"
        yield violation(NAME, f"line {identity} {state}", {"line_id": identity}, held=held)


RULE = GateRule(
    name=NAME,
    looks_at="every line, whether it is held, and the HELD parts of the component it is paid from",
    why="A line that is paid from an over-claimed component takes what is somebody else's.",
    when_it_fires="It is a fault of Aurora's: report it with the line.",
    check=check,
    needs=(LINES,),
)
