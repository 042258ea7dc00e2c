"""How the chains of each family are asked about themselves: the one place where a family's source is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.families import Family
from aurora_pipeline.sources.beacon.family import EthereumChains
from aurora_pipeline.sources.beacon.windows import Windows
from aurora_pipeline.sources.family import FamilySource
from aurora_pipeline.sources.solana.family import SolanaChains

SOURCES: Final[Mapping[Family, Callable[[Chain], FamilySource]]] = MappingProxyType(
    {
        Family.SOLANA: lambda chain: SolanaChains(),
        Family.ETHEREUM: lambda chain: EthereumChains(
            Windows(chain.period_type, chain.period_step, chain.first_period)
        ),
    }
)


def source_of(chain: Chain) -> FamilySource:
    """The source that asks a chain where it is."""
    return SOURCES[chain.family](chain)
