"""What a row of Trillium's does not tell: anything in it may be null, and may be filled in later."""

from __future__ import annotations

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contradictions import lack_of_fees
from aurora_pipeline.sources.solana.amounts import too_much_paid
from aurora_pipeline.sources.trillium.answers import TrilliumValidator


def lack_of(row: TrilliumValidator, role: DataType, provider: str) -> str | None:
    """Why a row is no figure of a data type; None where it is one."""
    match role:
        case DataType.FEES:
            return lack_of_fees(provider, row.leader_slots, row.blocks_produced, row.fees, too_much_paid)
        case DataType.MEV:
            if row.tips_total is None or row.mev_commission_bps is None:
                return f"{provider} has no tips of it"
            return too_much_paid(row.tips_total)
        case DataType.REWARDS:
            return (
                f"{provider} has no commission in its row" if row.commission is None else too_much_paid(row.commission)
            )
        case DataType.COSTS:
            return f"{provider} has no vote cost in its row" if row.vote_cost is None else too_much_paid(row.vote_cost)
    return None
