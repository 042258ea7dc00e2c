"""The kind trillium: Trillium's public API."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import parsed
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.trillium.ask import Trillium
from aurora_pipeline.sources.trillium.known_differences import known_as
from aurora_pipeline.sources.trillium.tells import OWN_WORDS, costs, fees, meta, rewards, tips


def _newest_epoch(answer: Answer, provider: str) -> EpochNumber | None:
    root = parsed(answer, provider)
    rows = root.items() if isinstance(root.value, list) else [root]
    return max((EpochNumber(row["epoch"].whole_text()) for row in rows), default=None)


TRILLIUM: Final = Source(
    Trillium,
    Tells(fees=fees, mev=tips, rewards=rewards, meta=meta, costs=costs),
    Alive(Question("epoch_data", "/epoch_data"), _newest_epoch),
    too_much_paid,
    too_much_staked,
    own_words=OWN_WORDS,
    explains=known_as,
)
