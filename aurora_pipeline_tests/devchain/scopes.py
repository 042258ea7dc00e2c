"""What fetches about the small chain are told: its slots, its validators, and what they proposed."""

from __future__ import annotations

from aurora_pipeline.asking.adapter import FetchScope, ValidatorAsked
from aurora_pipeline.asking.proposals import ProposedSlot
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline_tests.devchain.answers import proposed
from aurora_pipeline_tests.devchain.server import pubkeys

FIRST_SLOT, LAST_SLOT = 16, 119
"""The slots of epochs 2 to 14."""


def proposals() -> dict[str, tuple[ProposedSlot, ...]]:
    """By validator, what it had to propose in the window."""
    keys = {int(index): key for index, key in pubkeys().items()}
    found: dict[str, list[ProposedSlot]] = {key: [] for key in keys.values()}
    for slot, (index, one) in proposed().items():
        if FIRST_SLOT <= slot <= LAST_SLOT:
            found[keys[index]].append(one)
    return {key: tuple(slots) for key, slots in found.items()}


def scope() -> FetchScope:
    """The window of which the results are known."""
    told = proposals()
    return FetchScope(
        "ethereum-dev",
        EpochNumber(2),
        FIRST_SLOT,
        LAST_SLOT,
        tuple(ValidatorAsked(key, None) for key in told),
        family=Family.ETHEREUM,
        proposals=told,
    )
