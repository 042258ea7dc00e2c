"""The kind solana_rpc: a node of the chain itself."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contract import Alive, Source, Tells
from aurora_pipeline.sources.solana import questions
from aurora_pipeline.sources.solana.amounts import too_much_paid, too_much_staked
from aurora_pipeline.sources.solana.answers.epochs import read_epoch_info
from aurora_pipeline.sources.solana.ask import SolanaRpc
from aurora_pipeline.sources.solana.balance_moves import moves
from aurora_pipeline.sources.solana.fees import fees
from aurora_pipeline.sources.solana.known_fields import KNOWN_FIELDS
from aurora_pipeline.sources.solana.meta import meta
from aurora_pipeline.sources.solana.positions import positions
from aurora_pipeline.sources.solana.rewards import rewards, stakes_needed
from aurora_pipeline.sources.solana.vote_fees import costs

SOLANA_RPC: Final = Source(
    SolanaRpc,
    Tells(fees=fees, rewards=rewards, meta=meta, positions=positions, costs=costs),
    Alive(questions.epoch_info(), lambda answer, provider: read_epoch_info(answer, provider).epoch),
    too_much_paid,
    too_much_staked,
    glances={DataType.POSITIONS: questions.VOTE_STATES},
    stakes_needed=stakes_needed,
    moves=moves,
    known_fields=KNOWN_FIELDS,
)
