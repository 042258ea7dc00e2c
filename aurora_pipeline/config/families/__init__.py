"""Which families of chains there are, and what each one is before any of its chains is asked anything.

Belongs here: how a family writes amounts and keys, what its periods are, which values of chains.yaml it has.
Does not: asking a chain where it is and when its periods begin and end (sources/family.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from aurora_pipeline.config.families.ethereum import ETHEREUM
from aurora_pipeline.config.families.solana import SOLANA
from aurora_pipeline.config.families.traits import FamilyTraits


class Family(StrEnum):
    """Which protocol a chain speaks; what follows from it are its traits."""

    SOLANA = "solana"
    ETHEREUM = "ethereum"

    @property
    def traits(self) -> FamilyTraits:
        """What a chain of the family is: its units, keys, periods and options."""
        return _TRAITS[self]


_TRAITS: Final[Mapping[Family, FamilyTraits]] = MappingProxyType({Family.SOLANA: SOLANA, Family.ETHEREUM: ETHEREUM})
