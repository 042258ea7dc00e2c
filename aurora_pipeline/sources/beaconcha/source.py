"""The kind beaconcha: beaconcha.in, version 2 of its API."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer
from aurora_pipeline.sources.beaconcha.answers import read_block_paid
from aurora_pipeline.sources.beaconcha.ask import Beaconcha, block_rewards
from aurora_pipeline.sources.beaconcha.tells import fees, tips
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.evm.amounts import too_much_paid, too_much_staked

_KNOWN_BLOCK: Final = 15_824_493
"""Of mainnet, in October 2022."""


def _is_there(answer: Answer, provider: str) -> None:
    """That a block of long ago can be read is all that is told."""
    read_block_paid(answer, provider)


BEACONCHA: Final = Source(
    Beaconcha,
    Tells(fees=fees, mev=tips),
    Alive(block_rewards(_KNOWN_BLOCK, "mainnet"), _is_there),
    too_much_paid,
    too_much_staked,
)
