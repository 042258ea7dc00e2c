"""What a row of Trillium's does not tell: anything in it may be null, and may be filled in later."""

from __future__ import annotations

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.impossible import contradicting_counts, zero_of_blocks
from aurora_pipeline.sources.trillium.answers import TrilliumValidator


def lack_of(row: TrilliumValidator, role: DataType, provider: str) -> str | None:
    """Why a row is no figure of a data type; None where it is one."""
    match role:
        case DataType.FEES if row.fees is None:
            return f"{provider} has no fees in its row"
        case DataType.FEES:
            wrong = contradicting_counts(row.leader_slots, row.blocks_produced, None)
            return wrong or zero_of_blocks(provider, row.blocks_produced, row.fees)
        case DataType.MEV if row.tips_total is None or row.mev_commission_bps is None:
            return f"{provider} has no tips of it"
        case DataType.REWARDS if row.commission is None:
            return f"{provider} has no commission in its row"
        case DataType.COSTS if row.vote_cost is None:
            return f"{provider} has no vote cost in its row"
    return None
