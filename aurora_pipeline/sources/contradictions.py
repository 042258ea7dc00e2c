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


def fees_of_no_blocks(provider: str, blocks: int | None, fees: Amount | None) -> str | None:
    """Why fees of validators without a block are no figure, whoever says them; None where there are none of both."""
    return f"{provider} has fees of {fees} of it, and no blocks" if blocks == 0 and fees else None


def unproven_zero(provider: str, blocks: int | None, fees: Amount | None) -> str | None:
    """Why fees of 0 are no figure: they are one of no blocks alone, and a count that is left out is not 0."""
    if fees != 0 or blocks == 0:
        return None
    if blocks is None:
        return f"{provider} has fees of 0 of it, and does not say of how many blocks"
    return f"{provider} has {blocks} blocks of it, and fees of 0"


def parts_that_differ(fees: Amount | None, base_fees: Amount | None, priority_fees: Amount | None) -> str | None:
    """How the two parts of fees do not add up to them; None where they do, or are not all known."""
    if fees is None or base_fees is None or priority_fees is None or base_fees + priority_fees == fees:
        return None
    return f"base fees of {base_fees} and priority fees of {priority_fees} are not the fees of {fees}"


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
    return (
        contradicting_counts(led, blocks, None)
        or fees_of_no_blocks(provider, blocks, fees)
        or unproven_zero(provider, blocks, fees)
        or too_much(fees)
    )
