"""What there is to share: each validator's components as P&L gives them, and the costs that reduce them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.foundation.money import total
from aurora_pipeline.pnl.compute import awaited_costs
from aurora_pipeline.pnl.tables import REDUCES, Component
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints


@dataclass(frozen=True, slots=True)
class Revenue:
    """One component of one validator. An amount that is not known is None, never 0."""

    validator_key: str
    component: Component
    amount: int | None
    state: str
    reason: str | None
    costs: int | None
    """What reduces it; None where one of these costs is not known."""
    costs_reason: str | None
    """Which of these costs are not final; None: all are."""

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
    for (validator_key, amount, state, reason), (costs, why) in zip(columns, _costs(pnl, component), strict=True):
        yield Revenue(validator_key, component, amount, state, reason, costs, why)


def _costs(pnl: pl.DataFrame, component: Component) -> Iterator[tuple[int | None, str | None]]:
    """Per validator the costs that reduce a component; a null that the line awaits is not known, any other is none."""
    reducing = [cost for cost, reduced in REDUCES.items() if reduced is component]
    columns = [ints(pnl[cost.value.lower()]) for cost in reducing]
    amounts = zip(*columns, strict=True) if columns else iter([()] * len(pnl))
    for reason, known in zip(pnl["reason"], amounts, strict=True):
        awaited = awaited_costs(reason)
        named = [f"{cost} is {awaited[cost]}" for cost in reducing if cost in awaited]
        lacks = any(amount is None and cost in awaited for cost, amount in zip(reducing, known, strict=True))
        spent = None if lacks else total([amount for amount in known if amount is not None])
        yield spent, "; ".join(named) or None
