"""What there is to share: each validator's components as P&L gives them, known or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints


@dataclass(frozen=True)
class Revenue:
    """One component of one validator. An amount that is not known is None, never 0."""

    validator_key: str
    component: Component
    amount: int | None
    state: str
    reason: str | None

    @property
    def in_words(self) -> str | None:
        """What a line's reason says of it; nothing where there is nothing to explain."""
        if self.state == FigureState.FINAL:
            return None if self.reason is None else f"{self.component}: {self.reason}"
        return f"{self.component} is {self.state}: {self.reason or 'no reason given'}"


def revenues(pnl: pl.DataFrame) -> list[Revenue]:
    """All components of all validators, by validator key, then in the components' order."""
    ordered = pnl.sort("validator_key")
    columns = [list(_component(ordered, component)) for component in Component]
    return [revenue for validator in zip(*columns, strict=True) for revenue in validator]


def _component(pnl: pl.DataFrame, component: Component) -> Iterator[Revenue]:
    name = component.column
    columns = zip(pnl["validator_key"], ints(pnl[name]), pnl[f"{name}_state"], pnl[f"{name}_reason"], strict=True)
    for validator_key, amount, state, reason in columns:
        yield Revenue(validator_key, component, amount, state, reason)
