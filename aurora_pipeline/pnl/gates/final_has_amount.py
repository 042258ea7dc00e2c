"""Rule: a figure that is final has an amount."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.pnl.tables import Component, state_column
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.gate.rule import Context, GateRule, Violation, violation

NAME = "final_has_amount"
_INCOME = "OTHER_INCOME"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """Components, costs and other income that are final and null."""
    figures = {component.value: (component.column, f"{component.column}_state") for component in Component}
    figures |= {cost.value: (cost.value.lower(), state_column(cost)) for cost in CostType}
    figures[_INCOME] = (_INCOME.lower(), state_column(_INCOME))
    for name, (amount, state) in figures.items():
        broken = frame.filter(pl.col(amount).is_null() & (pl.col(state) == FigureState.FINAL.value))
        for key in broken["validator_key"].sort():
            yield violation(NAME, f"{key}: {name} is final but has no amount", {"validator_key": key}, figure=name)


RULE = GateRule(
    name=NAME,
    looks_at="every component, cost and other income, with its state",
    why="Missing is not zero: a final figure without an amount would be counted as one.",
    when_it_fires="It is a fault of the layer the figure comes from: report it with the validator and the figure.",
    check=check,
)
