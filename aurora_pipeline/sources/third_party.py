"""Figures that another's program computed and rounded: counted as theirs, and marked so; not read from the chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.sources.told import FeesTold
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

THIRD_PARTY: Final = "THIRD_PARTY"
"""The reason of such a figure."""


def as_theirs(fetch: StagedFetch) -> str:
    """The reason of a figure that a provider computed."""
    return f"{THIRD_PARTY}: as {fetch.provider} has it"


def their_fees(led: int | None, blocks: int | None, fees: Amount, fetch: StagedFetch) -> FeesTold:
    """Another's fees, with the led slots and blocks it counts."""
    return replace(slots_counted(led, blocks), state=FigureState.FINAL, reason=as_theirs(fetch), fees=fees)


def slots_counted(led: int | None, blocks: int | None) -> FeesTold:
    """Led slots, with the blocks and skips among them where both are counted; no fees yet."""
    skipped = None if led is None or blocks is None else led - blocks
    return FeesTold(FigureState.UNAVAILABLE, leader_slots=led, blocks_produced=blocks, slots_skipped=skipped)
