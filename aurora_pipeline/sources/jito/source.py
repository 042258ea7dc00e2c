"""The kind jito: Jito's Kobe API."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import parsed
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.jito.answers import VALIDATOR_REWARDS
from aurora_pipeline.sources.jito.ask import Jito
from aurora_pipeline.sources.jito.tells import shared_fees, tips
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked


def _newest_epoch(answer: Answer, provider: str) -> EpochNumber | None:
    rows = parsed(answer, provider)["rewards"].items()
    return max((EpochNumber(row["epoch"].whole()) for row in rows), default=None)


JITO: Final = Source(
    Jito,
    Tells(mev=tips),
    Alive(
        Question("newest validator_rewards", VALIDATOR_REWARDS, query={"page": 1, "limit": 1, "sort_order": "desc"}),
        _newest_epoch,
    ),
    too_much_paid,
    too_much_staked,
    costs_beside={DataType.MEV: shared_fees},
    glances={DataType.MEV: VALIDATOR_REWARDS},
)
