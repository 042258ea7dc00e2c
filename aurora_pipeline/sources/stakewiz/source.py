"""The kind stakewiz: a public directory of validators."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Question
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.stakewiz.answers import read_epoch_info
from aurora_pipeline.sources.stakewiz.ask import Stakewiz
from aurora_pipeline.sources.stakewiz.tells import meta

STAKEWIZ: Final = Source(
    Stakewiz,
    Tells(meta=meta),
    Alive(Question("epoch_info", "/epoch_info"), lambda answer, provider: read_epoch_info(answer, provider).epoch),
    too_much_paid,
    too_much_staked,
)
