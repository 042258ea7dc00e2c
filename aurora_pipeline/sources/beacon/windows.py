"""Windows of slots: which one a slot lies in, and which slots a window has. Pure arithmetic, whatever the preset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.vocabulary import PeriodType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon.answers.chain import Genesis, Spec


@dataclass(frozen=True)
class Windows:
    """How a chain's time is cut: each window is named by its first epoch, or slot, and holds `step` of them."""

    period_type: PeriodType
    step: int
    first: EpochNumber
    """The number of one of the windows: all others lie whole steps from it."""

    def number_at(self, slot: int, spec: Spec) -> EpochNumber:
        """The window that a slot lies in; one that would begin before the chain did begins with it."""
        position = slot // self._unit(spec)
        return EpochNumber(max(0, self.first + (position - self.first) // self.step * self.step))

    def slots_of(self, number: EpochNumber, spec: Spec) -> tuple[int, int]:
        """The first and the last slot of a window."""
        unit = self._unit(spec)
        return number * unit, (number + self.step) * unit - 1

    def _unit(self, spec: Spec) -> int:
        return spec.slots_per_epoch if self.period_type is PeriodType.EPOCH else 1


def began_at(slot: int, genesis: Genesis, spec: Spec) -> datetime:
    """The instant at which a slot begins."""
    return genesis.time + slot * spec.slot
