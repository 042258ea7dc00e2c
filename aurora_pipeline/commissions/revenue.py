"""What there is to share: each validator's components as P&L gives them, and the costs that reduce them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.pnl.tables import REDUCES, Component, state_column
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints

_SETTLED = frozenset({None, FigureState.FINAL})
"""States of a cost that nobody waits for: it is known, or nothing was said of it and nothing is due."""


@dataclass(frozen=True, slots=True)
class Revenue:
    """One component of one validator. An amount that is not known is None, never 0."""

    validator_key: str
    component: Component
    amount: Amount | None
    state: str
    reason: str | None
    costs: Amount | None
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


def _costs(pnl: pl.DataFrame, component: Component) -> Iterator[tuple[Amount | None, str | None]]:
    """Per validator the costs that reduce a component; a null that is awaited is not known, any other is none."""
    reducing = [cost for cost, reduced in REDUCES.items() if reduced is component]
    columns = [zip(ints(pnl[cost.value.lower()]), pnl[state_column(cost)], strict=True) for cost in reducing]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(pnl))
    for known in rows:
        awaited = {cost: state for cost, (_, state) in zip(reducing, known, strict=True) if state not in _SETTLED}
        lacks = any(amount is None and cost in awaited for cost, (amount, _) in zip(reducing, known, strict=True))
        spent = None if lacks else total([amount for amount, _ in known if amount is not None])
        yield spent, "; ".join(f"{cost} is {state}" for cost, state in awaited.items()) or None
