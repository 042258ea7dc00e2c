"""Whether a figure stands out of those before it: median and median deviation, in whole numbers, never in floats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PERIODS_MIN: Final = 8
"""Fewer periods are too little history: nothing is said of them, which is no verdict that all is well."""
PERIODS_MAX: Final = 30
SCORE: Final = 5
"""How many deviations, in units of the standard deviation of what is normal, are odd. A test counts false alarms."""
_LUMPS: Final = 8
"""Where one of so many figures is 0, they come in lumps."""
_PER_MAD: Final = 6745
"""10,000 times the median deviation of a normal distribution, in standard deviations."""


@dataclass(frozen=True)
class Expected:
    """What periods before let one expect; everything is doubled, so that a median between two numbers is whole."""

    median_doubled: int
    spread_doubled: int
    lowest: int
    highest: int
    periods: int

    def is_odd(self, value: int) -> bool:
        """Whether a value lies too far from the median, and beyond all that was seen."""
        if self.lowest <= value <= self.highest:
            return False
        deviation = abs(2 * value - self.median_doubled)
        return _PER_MAD * deviation > SCORE * 10_000 * self.spread_doubled

    @property
    def median(self) -> int:
        """The median, rounded down."""
        return self.median_doubled // 2

    @property
    def spread(self) -> int:
        """The spread that is compared with, rounded down: the median deviation, or a floor of it."""
        return self.spread_doubled // 2


def expected(before: Sequence[int], least: int) -> Expected | None:
    """What to expect from the values before; None where there are too few, or where many of them are 0.

    Income of a validator that proposes a block now and then comes in lumps: of the next one nothing can be expected.

    A spread is at least a twentieth of the median and at least `least`: what hardly ever changes is not odd when it
    does a little, and small figures are not odd at all.
    """
    if len(before) < PERIODS_MIN or before.count(0) * _LUMPS >= len(before):
        return None
    middle = median_doubled(before)
    # Deviations are doubled already: their median is doubled twice.
    spread = median_doubled([abs(2 * value - middle) for value in before]) // 2
    return Expected(middle, max(spread, abs(middle) // 20, 2 * least), min(before), max(before), len(before))


def median_doubled(values: Sequence[int]) -> int:
    """Twice the median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] * 2 if len(ordered) % 2 else ordered[half - 1] + ordered[half]
