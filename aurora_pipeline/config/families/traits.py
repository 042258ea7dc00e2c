"""What a chain family is before any of its chains is asked: units, keys, periods, and the options it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from aurora_pipeline.config.vocabulary import CostType, DataType, PeriodType


class FamilyRefusal(NamedTuple):
    """Why a chain of chains.yaml cannot be: what is wrong, and what to do."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class FamilyTraits:
    """What a family decides. The checks return the one spelling of a text, or raise ValueError that says what is wrong.

    Where the rest of the package has to know something that differs between families, it is a trait.
    """

    title: str
    """The family's name for people."""
    base_unit: str
    """One of the smallest unit, in which every amount is counted."""
    units: Mapping[str, int]
    """The units that people write, the smallest first and the whole coin last, and how many decimals each has."""
    period_types: frozenset[PeriodType]
    """What one period of its chains can be."""
    why_period_types: str
    """Why it is no other."""
    spans_epochs: bool
    """Whether a period of type EPOCH can be several of the chain's epochs."""
    period_epochs: int
    """How many epochs it is where chains.yaml does not say."""
    validator_key_is: str
    """What names a validator on its chains, in words."""
    numbers_validators: bool
    """Whether a validator has a number on its chain, too, by which people name it."""
    check_validator_key: Callable[[str], str]
    check_address: Callable[[str], str]
    """The account that stake or a payment belongs to."""
    address_pattern: str
    """What such an account looks like, as a regular expression that the database reads as well."""
    options: frozenset[str]
    """Those keys of chains.yaml that only some families have, and this one has."""
    shares_tips: bool
    """Whether a protocol takes a share of tips, which chains.yaml has to give with its days."""
    own_balances: bool
    """Whether each validator has a balance of its own and one owner: the balance tells what it earned, and the registry
    whose that is. Else stake accounts earn, and each has an owner."""
    forgets_states: bool
    """Whether nobody tells later what validators and stakes were: it has to be observed while the period runs."""
    leaders_told_with: DataType
    """The data type whose providers say who leads which slots."""
    always_costs: frozenset[CostType]
    """What running any validator costs on its chains: where nobody tells it, it is missing."""
    income_by_block: bool
    """Whether each block pays one proposer, so that fees and tips are made block by block."""

    @property
    def base_units(self) -> str:
        """Several of the smallest unit."""
        return next(iter(self.units))

    @property
    def coin(self) -> str:
        """The whole coin."""
        return list(self.units)[-1]

    @property
    def coin_decimals(self) -> int:
        """How many decimals the whole coin has."""
        return self.units[self.coin]

    @property
    def small_units(self) -> Mapping[str, int]:
        """The units below the whole coin, in the singular and the plural."""
        small = {unit: decimals for unit, decimals in self.units.items() if decimals < self.coin_decimals}
        return {self.base_unit: 0} | small

    def period_step(self, period_type: PeriodType, size: int | None) -> int:
        """By how much the numbers of periods rise: each has the number of its first epoch, block or slot."""
        return size or self.period_epochs

    def refused_period_type(self, period_type: PeriodType) -> FamilyRefusal | None:
        """Why a period cannot be of a type."""
        if period_type in self.period_types:
            return None
        return FamilyRefusal(self.why_period_types, f"write period_type: {' or '.join(sorted(self.period_types))}")

    def refused_period_size(self, period_type: PeriodType, size: int | None) -> FamilyRefusal | None:
        """Why a period cannot have a size, or must have one."""
        if period_type is not PeriodType.EPOCH and size is None:
            unit = "blocks" if period_type is PeriodType.BLOCK_WINDOW else "slots"
            return FamilyRefusal(f"a {period_type} needs a size", f"add period_size: how many {unit} one period has")
        if period_type is PeriodType.EPOCH and size is not None and not self.spans_epochs:
            return FamilyRefusal(f"a {self.title} period is exactly one epoch", "remove period_size")
        return None

    def refused_coin(self, native_unit: str) -> FamilyRefusal | None:
        """Why the whole coin cannot have a name."""
        if native_unit.lower() not in self.small_units:
            return None
        problem = f"{native_unit} is a smaller unit of {self.title} chains than the whole coin"
        return FamilyRefusal(problem, f"write native_unit: {self.coin}, or the coin's own name")

    def refused_decimals(self, decimals: int) -> FamilyRefusal | None:
        """Why the whole coin cannot have so many decimals."""
        if decimals == self.coin_decimals:
            return None
        problem = f"the whole coin of a {self.title} chain has {self.coin_decimals} decimals, as {self.coin} does"
        return FamilyRefusal(problem, f"write native_decimals: {self.coin_decimals}")

    def refused_option(self, key: str) -> FamilyRefusal | None:
        """Why a chain cannot have a value under a key that only some families have."""
        if key in self.options:
            return None
        return FamilyRefusal(f"{self.title} chains have no {key}", "remove it")
