"""What amounts of a chain are counted and shown in, for readers that need no more of a chain than that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aurora_pipeline.config.families import Family


class CoinOfChain(Protocol):
    """A chain as statements name it: in what it counts, and who pays."""

    @property
    def chain_id(self) -> str:
        """The chain's key."""

    @property
    def operator(self) -> str | None:
        """Who pays; None where nobody is named."""

    @property
    def native_unit(self) -> str:
        """The whole coin."""

    @property
    def native_decimals(self) -> int:
        """How many decimals it has over the base unit."""

    @property
    def base_unit(self) -> str:
        """The smallest unit, in which every amount is counted."""


@dataclass(frozen=True)
class RecordedCoin:
    """The same as the database has it, for who has no chains.yaml."""

    chain_id: str
    family: Family
    native_unit: str
    native_decimals: int
    operator: str | None = None

    @property
    def base_unit(self) -> str:
        """The smallest unit; the family decides it."""
        return self.family.traits.base_unit
