"""Rule: a component that is final has an amount to share."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.commissions.gates.grounds import REVENUES
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "revenue_has_amount"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The components that are final and null."""
    for revenue in context.of(REVENUES):
        if revenue.amount is None and revenue.state == FigureState.FINAL:
            words = f"{revenue.validator_key}: {revenue.component} is final but has no amount"
            yield violation(NAME, words, {"validator_key": revenue.validator_key}, component=revenue.component)


RULE = GateRule(
    name=NAME,
    looks_at="the state and amount of every component that lines are computed from",
    why="A share of nothing known is not 0.",
    when_it_fires="Compute the P&L of the period again: its own gate refuses such a line.",
    check=check,
    needs=(REVENUES,),
)
