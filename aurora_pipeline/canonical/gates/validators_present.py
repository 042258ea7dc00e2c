"""Rule: every operated validator has a row; a missing figure is a row with a reason, never no row."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.sources.result import VALIDATORS_DUE
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "validators_present"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators that are left out, while others are there."""
    present = set(frame["validator_key"].unique())
    absent = [key for key in context.of(VALIDATORS_DUE) if key not in present]
    for key in absent if present else ():
        yield violation(NAME, f"{context.table.name} has no row for {key}", {"validator_key": key})


RULE = GateRule(
    name=NAME,
    looks_at="the validators of all rows",
    why="A validator that is left out earns nothing on any statement, and nobody would see it.",
    when_it_fires="It is a fault of Aurora's: what no source tells of has a row that says so. Report it.",
    check=check,
    needs=(VALIDATORS_DUE,),
)
