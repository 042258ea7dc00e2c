"""The kind file: files that the operator already has."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.sources.contract import Source, Tells
from aurora_pipeline.sources.files.amounts import bounds_of
from aurora_pipeline.sources.files.ask import OwnFiles
from aurora_pipeline.sources.files.tells import costs, fees, meta, positions, rewards, tips
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked

FILES: Final = Source(
    OwnFiles,
    Tells(fees=fees, mev=tips, rewards=rewards, meta=meta, positions=positions, costs=costs),
    alive=None,
    too_much_paid=too_much_paid,
    too_much_staked=too_much_staked,
    bounds_of=bounds_of,
)
