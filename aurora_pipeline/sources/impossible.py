"""Counts and fees of a validator that cannot be: one judgement for whoever asks and for whoever counts."""

from __future__ import annotations

from collections.abc import Callable

from aurora_pipeline.foundation.units import Amount


def contradicting_counts(
    led: int | None, blocks: int | None, skipped: int | None, slots: int | None = None
) -> str | None:
    """How counts contradict each other, or a period of so many slots; None where they do not, or are not known."""
    if led is not None and slots is not None and led > slots:
        return f"{led} slots led in a period of {slots}"
    if led is not None and blocks is not None and blocks > led:
        return f"{blocks} blocks in {led} led slots"
    if led is not None and blocks is not None and skipped is not None and blocks + skipped != led:
        return f"{led} slots led, but {blocks} blocks and {skipped} skips"
    return None


def zero_of_blocks(provider: str, blocks: int | None, fees: Amount | None) -> str | None:
    """Why fees of 0 of blocks are no figure: it is what a provider says whose own source keeps no rewards."""
    return f"{provider} has {blocks} blocks of it, and fees of 0" if blocks and fees == 0 else None


def lack_of_fees(
    provider: str,
    led: int | None,
    blocks: int | None,
    fees: Amount | None,
    too_much: Callable[[Amount], str | None],
) -> str | None:
    """Why a row of a provider's is no fees of a validator; None where it is. `too_much` is its source's bound."""
    if fees is None:
        return f"{provider} has no fees in its row"
    return contradicting_counts(led, blocks, None) or zero_of_blocks(provider, blocks, fees) or too_much(fees)
