"""Which families' chains can be asked: the one place where a family's source is registered."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.errors import FamilyNotComputed
from aurora_pipeline.config.families import Family
from aurora_pipeline.sources.family import FamilySource
from aurora_pipeline.sources.solana.family import SolanaChains

SOURCES: Final[Mapping[Family, FamilySource]] = MappingProxyType({Family.SOLANA: SolanaChains()})


def source_of(chain: Chain) -> FamilySource:
    """The source that asks a chain where it is; raises for a chain of a family that cannot be computed."""
    if chain.family not in SOURCES:
        raise FamilyNotComputed(
            f"nobody can be asked about the periods of {chain.chain_id}: {chain.family.traits.title} chains cannot be"
            " computed yet",
            f"compute chains of the family {' or '.join(SOURCES)}",
        )
    return SOURCES[chain.family]
