"""The kind solanabeach: Solana Beach's API."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.solanabeach.answers import read_epoch
from aurora_pipeline.sources.solanabeach.ask import SolanaBeach
from aurora_pipeline.sources.solanabeach.tells import fees, meta, positions

SOLANA_BEACH: Final = Source(
    SolanaBeach,
    Tells(fees=fees, meta=meta, positions=positions),
    Alive(Question("epoch-info", "/epoch-info"), read_epoch),
    too_much_paid,
    too_much_staked,
)
