"""How answers tell a commission: in basis points or in whole percents."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from aurora_pipeline.asking.reading import Node
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.units import Bps

_PERCENT_BPS: Final = 100


class CommissionSource(StrEnum):
    """In which unit a node told a commission: newer ones tell basis points, older ones whole percents."""

    BPS = "BPS"
    PERCENT = "PERCENT"


def commission_bps_of(row: Node, bps_key: str, percent_key: str) -> Bps | None:
    """A commission in basis points, however it is told; None where it is not."""
    known = commission_of(row, bps_key, percent_key)
    return None if known is None else known[0]


def commission_of(row: Node, bps_key: str, percent_key: str) -> tuple[Bps, CommissionSource] | None:
    """Basis points where the node has them, else its percent, else None. Above 100 % counts as 100 %."""
    bps = row.get(bps_key)
    if bps is not None:
        return Bps(min(bps.whole(0, 2**16 - 1), BPS_WHOLE)), CommissionSource.BPS
    percent = row.get(percent_key)
    if percent is None:
        return None
    return Bps(min(percent.whole(0, 255) * _PERCENT_BPS, BPS_WHOLE)), CommissionSource.PERCENT
