"""Figures that another's program computed and rounded: counted as theirs, and marked so; not read from the chain."""

from __future__ import annotations

from aurora_pipeline.sources.fetch_choice import missing
from aurora_pipeline.sources.result import Row
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads import StagedFetch

THIRD_PARTY = "THIRD_PARTY"
"""The reason of a figure that another's program computed and rounded: not read from the chain."""


def third_party_marks(fetch: StagedFetch) -> Row:
    """State and reason of such a figure."""
    return {"state": FigureState.FINAL.value, "reason": f"{THIRD_PARTY}: as {fetch.provider} has it"}


def third_party_fees(blocks: int | None, fees: int, fetch: StagedFetch) -> Row:
    """Another's fees; none of any block is what a source says whose own source keeps no rewards."""
    if blocks and not fees:
        return missing(fetch, f"{fetch.provider} has {blocks} blocks of it, and fees of 0").columns
    return {"fees": fees} | third_party_marks(fetch)


def slots_counted(led: int | None, blocks: int | None) -> Row:
    """Led slots, with the blocks and skips among them where the counts agree."""
    skipped = None if led is None or blocks is None or blocks > led else led - blocks
    return {"leader_slots": led, "blocks_produced": blocks if skipped is not None else None, "slots_skipped": skipped}
