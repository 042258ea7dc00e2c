"""One figure of a line of P&L, and what a sum of figures is called while some of them are missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.declaration import FigureState


@dataclass(frozen=True)
class Figure:
    """One figure of a line. An amount that is not known is None, never 0."""

    name: str
    amount: Amount | None
    state: FigureState
    reason: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing about it can still change."""
        return self.state is FigureState.FINAL

    @property
    def in_words(self) -> str:
        """How a line's reason names it."""
        return f"{self.name} {self.state}: {self.reason or 'no reason given'}"


def state_of_missing(lacking: Sequence[Figure], *, any_known: bool) -> FigureState:
    """Partial where anything is known; else pending while anything may still come; else unavailable."""
    states = {figure.state for figure in lacking}
    if any_known or FigureState.PARTIAL in states:
        return FigureState.PARTIAL
    return FigureState.PENDING if FigureState.PENDING in states else FigureState.UNAVAILABLE
