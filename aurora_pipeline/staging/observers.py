"""Who observes what a chain forgets: which data types are sampled, and whose samples of each there can be."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import LEADER_SCHEDULE
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.kinds import adapter_for

OBSERVED: Final = (LEADER_SCHEDULE, DataType.META.value, DataType.POSITIONS.value)
"""What is sampled, in this order."""


def role_of(data_type: str, chain: Chain) -> DataType:
    """The role whose providers are asked for an observed data type."""
    return chain.family.traits.leaders_told_with if data_type == LEADER_SCHEDULE else DataType(data_type)


def observers(configuration: Configuration, chain: Chain, data_type: str) -> list[Provider]:
    """The providers of a role that observe a data type."""
    asked = configuration.providers_for(chain.chain_id, role_of(data_type, chain))
    return [provider for provider in asked if data_type in adapter_for(provider).observes]


def is_observed(configuration: Configuration, chain: Chain) -> bool:
    """Whether anybody who is asked about a chain observes what it forgets; else its past tells everything."""
    return any(observers(configuration, chain, data_type) for data_type in OBSERVED)
