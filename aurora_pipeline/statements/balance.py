"""The arithmetic of a statement: from the opening to the closing balance. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aurora_pipeline.foundation.units import ZERO, Amount


@dataclass(frozen=True)
class Balance:
    """What a statement comes to; missing and held figures count 0 in it."""

    opening: Amount
    lines: Amount
    top_ups: Amount
    adjustments: Amount
    minimum_payout: Amount

    @property
    def total(self) -> Amount:
        """Opening, lines, top-ups and adjustments."""
        return self.opening + self.lines + self.top_ups + self.adjustments

    @property
    def payable(self) -> Amount:
        """The total where it reaches the least that is paid; never below 0: what is negative is carried on."""
        return self.total if self.total > 0 and self.total >= self.minimum_payout else ZERO

    @property
    def closing(self) -> Amount:
        """What the next statement opens with."""
        return self.total - self.payable
