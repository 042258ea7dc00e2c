"""The closed lists that configuration and every later room share: period types, data types, cost types."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class PeriodType(StrEnum):
    """What one period of a chain is; `period_size` counts in its unit (epochs, blocks, slots)."""

    EPOCH = "EPOCH"
    BLOCK_WINDOW = "BLOCK_WINDOW"
    SLOT_RANGE = "SLOT_RANGE"


class DataType(StrEnum):
    """What a provider can be asked for. PERIOD marks the payloads of period discovery and is no role."""

    FEES = "fees"
    MEV = "mev"
    REWARDS = "rewards"
    META = "meta"
    POSITIONS = "positions"
    COSTS = "costs"
    PERIOD = "period"


ROLES: Final[tuple[DataType, ...]] = tuple(data_type for data_type in DataType if data_type is not DataType.PERIOD)
"""The data types that chains.yaml gives to providers."""


class CostType(StrEnum):
    """The typed costs of a validator; which component each one reduces is decided where P&L is computed."""

    NETWORK_FEE = "NETWORK_FEE"
    PRIORITY_FEE_SHARING = "PRIORITY_FEE_SHARING"
    BLOCK_REVENUE_SHARING = "BLOCK_REVENUE_SHARING"
    VOTE_FEES = "VOTE_FEES"
    ADMISSION_TICKET = "ADMISSION_TICKET"
    CONSENSUS_PENALTY = "CONSENSUS_PENALTY"
    INFRASTRUCTURE = "INFRASTRUCTURE"
