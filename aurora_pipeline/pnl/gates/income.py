"""The income of validators period by period, as rules that compare periods look at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.frames import ints
from aurora_pipeline.store.gate.earlier import EarlierRows
from aurora_pipeline.store.gate.series import Expected, expected, median_doubled

COHORT_MIN: Final = 3
"""So many validators tell what the whole chain did; fewer are no cohort."""
ONE: Final = 10**9
"""The scale of ratios in whole numbers."""


@dataclass(frozen=True)
class IncomeSeries:
    """One component of one validator: now, and in the periods before."""

    now: int
    before: tuple[int, ...]

    def expected(self, small: int) -> Expected | None:
        """What the periods before let one expect."""
        return expected(self.before, small)


def series_of(component: Component, frame: pl.DataFrame, earlier: EarlierRows) -> Mapping[str, IncomeSeries]:
    """The final amounts of a component by validator."""
    before: dict[str, list[int]] = defaultdict(list)
    for key, amount in final_amounts(component, earlier.rows):
        before[key].append(amount)
    return {key: IncomeSeries(amount, tuple(before[key])) for key, amount in final_amounts(component, frame)}


def final_amounts(component: Component, frame: pl.DataFrame) -> list[tuple[str, int]]:
    """The validators of which a component is final, with its amounts."""
    final = frame.filter(pl.col(f"{component.column}_state") == FigureState.FINAL.value)
    amounts = ints(final[component.column])
    return [
        (key, int(amount)) for key, amount in zip(final["validator_key"], amounts, strict=True) if amount is not None
    ]


def cohort_ratio(found: Mapping[str, IncomeSeries], small: int) -> int | None:
    """How the middle validator's figure compares with its own median, in billionths; None where there is no cohort."""
    ratios = []
    for one in found.values():
        told = one.expected(small)
        if told is not None and told.median > small:
            ratios.append(one.now * ONE // told.median)
    return median_doubled(ratios) // 2 if len(ratios) >= COHORT_MIN else None


def is_regime(found: Mapping[str, IncomeSeries], small: int) -> bool:
    """Whether the whole chain moved: the middle validator by half and more, and most of them to the same side."""
    ratio = cohort_ratio(found, small)
    if ratio is None or ONE // 2 < ratio < ONE * 3 // 2:
        return False
    sides = [
        (one.now > told.median) == (ratio > ONE)
        for one in found.values()
        if (told := one.expected(small)) is not None and told.median > small
    ]
    return sum(sides) * 5 >= len(sides) * 4
