"""What a validator's rows in a file do not tell: a cell that is empty is no 0, and the next provider may know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.contradictions import contradicting_counts, fees_of_no_blocks
from aurora_pipeline.sources.files.answers import FileFees, FileReward, FileTips


def lack_of(data_type: DataType, told: Any) -> str | None:
    """Why what a file tells of a validator is no figure of a data type; None where it is one."""
    match data_type:
        case DataType.FEES:
            return lack_of_fees(told)
        case DataType.MEV:
            return lack_of_tips(told)
        case DataType.REWARDS:
            return lack_of_commission(told)
    return None


def lack_of_fees(row: FileFees) -> str | None:
    """Why a row is no fees."""
    if row.fees is None:
        return "the file has no fees in its row"
    return contradicting_counts(row.leader_slots, row.blocks_produced, None) or fees_of_no_blocks(
        "the file", row.blocks_produced, row.fees
    )


def lack_of_tips(row: FileTips) -> str | None:
    """Why a row is no tips: neither the validator's own, nor what they follow from."""
    if row.validator is not None or None not in (row.total, row.commission_bps):
        return None
    return "the file has neither the validator's tips in its row nor their total and commission"


def lack_of_commission(rows: Sequence[FileReward]) -> str | None:
    """Why rows are no commission: neither it, nor what it follows from."""
    for row in rows:
        if row.account_key is None:
            is_told = row.commission is not None or None not in (row.total_rewards, row.commission_bps)
            return None if is_told else "the file has no row of the validator's commission"
    return "the file has no row of the validator's commission"
