"""A chain as chains.yaml describes it: what its periods and units are, and whom to ask for what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationInfo, field_validator

from aurora_pipeline.config.errors import ProtocolFeeMissing
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.families.traits import FamilyRefusal, FamilyTraits
from aurora_pipeline.config.fields import Day, Epoch, Flag, FrozenModel, Rate, Whole, broken_rule
from aurora_pipeline.config.letterhead import Letterhead
from aurora_pipeline.config.vocabulary import ROLES, CostType, DataType, PeriodType
from aurora_pipeline.foundation.period_key import EPOCH_MAX
from aurora_pipeline.foundation.units import Bps, EpochNumber

Item = TypeVar("Item", bound=str)
Option = TypeVar("Option")


def _is_role(data_type: DataType) -> DataType:
    if data_type not in ROLES:
        raise broken_rule(f'"{data_type}" is no role', f"known roles: {', '.join(ROLES)}")
    return data_type


class DatedBps(FrozenModel):
    """A share in basis points that holds from a day (00:00 UTC) on."""

    from_date: Day = Field(alias="from", description="The first day (UTC) on which it holds, like 2025-01-31.")
    bps: Rate = Field(ge=0, le=10_000, description="The share in basis points, 0 to 10000.")


class Chain(FrozenModel):
    """One chain. What computations read from it enters their lineage through `values_read`."""

    chain_id: str = Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        max_length=40,
        description="The chain's name in partition keys, tables and commands: lower-case letters, digits and hyphens.",
    )
    name: str = Field(min_length=1, max_length=80, description="The chain's name for people.")
    operator: str | None = Field(
        default=None,
        min_length=1,
        max_length=80,
        description="Who operates the validators: statements name it as the party that pays.",
    )
    letterhead: Letterhead = Field(
        default=Letterhead(), description="What statements on paper have at their head beside the operator's name."
    )
    enabled: Flag = Field(
        description="true: its periods are computed. false: nothing is asked for it, and its roles are not checked."
    )
    family: Family = Field(description="Which protocol the chain speaks: solana or ethereum.")
    period_type: PeriodType = Field(description="What one period is: EPOCH, BLOCK_WINDOW or SLOT_RANGE.")
    period_size: Whole | None = Field(
        default=None,
        ge=1,
        validate_default=True,
        description="How many epochs, blocks or slots a period has. Must be given for BLOCK_WINDOW and SLOT_RANGE; "
        "left out for EPOCH it means one epoch of a Solana chain, whose period is always one, and 225 of an Ethereum "
        "chain, which is a day of mainnet.",
    )
    first_period: Epoch = Field(
        ge=0,
        le=EPOCH_MAX,
        description="The number of the first period to compute: its epoch, or, of windows of slots or blocks, its "
        "first slot; every later one is registered in order.",
    )
    native_unit: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9]{0,11}$", description="The whole coin, for display and in agreements: SOL, ETH."
    )
    native_decimals: Whole = Field(
        ge=0, le=30, description="How many decimals the whole coin has over the base unit: 9 for SOL, 18 for ETH."
    )
    finality_lag: Whole = Field(
        ge=0, le=10**9, description="How many slots a period's last slot must lie behind the finalized head."
    )
    dual_approval: Flag = Field(
        default=True,
        description="true: who releases a statement is another person than who approved it. "
        "false: they may be the same.",
    )
    degraded_behind: Whole = Field(
        default=5,
        ge=1,
        description="How many periods the chain may be ahead of what is published until `aurora status` calls it"
        " DEGRADED.",
    )
    unhealthy_behind: Whole = Field(
        default=10,
        ge=1,
        description="How many periods the chain may be ahead until it is UNHEALTHY; not fewer than `degraded_behind`.",
    )
    protocol_fee_bps: tuple[DatedBps, ...] = Field(
        default=(),
        validate_default=True,
        description="The protocol's share of MEV tips, as dated entries in the order of their days; "
        "an enabled Solana chain needs at least one.",
    )
    exact_vote_fees: Flag = Field(
        default=False,
        description="true: vote fees are summed from every block of the period, transactions and all, one request per "
        "block (432,000 on mainnet). false: estimated from vote credits, one request per hundred validators.",
    )
    split_fees: Flag = Field(
        default=False,
        description="true: led blocks are asked for with their transactions (megabytes each), to tell base from "
        "priority fees. false: only the fees' sum is known.",
    )
    costs_due: tuple[CostType, ...] = Field(
        default=(), description="Cost types whose absence makes a validator's net unknown (null) instead of complete."
    )
    roles: Annotated[
        Mapping[Annotated[DataType, AfterValidator(_is_role)], tuple[str, ...]], AfterValidator(MappingProxyType)
    ] = Field(
        description="For each data type (fees, mev, rewards, meta, positions, costs) the providers to ask: the first "
        "enabled one, then its fallbacks in order. An enabled chain names an enabled provider for each; [] says that "
        "nobody tells it, and its figures are unavailable.",
    )

    cross_checks: Annotated[
        Mapping[Annotated[DataType, AfterValidator(_is_role)], tuple[str, ...]], AfterValidator(MappingProxyType)
    ] = Field(
        default={},
        validate_default=True,
        description="For a data type the providers whose figures are compared with those in force; differences are "
        "stored, and change nothing. A disabled one is skipped.",
    )
    periods: tuple[str, ...] = Field(
        default=(),
        description="Providers of kind file with a file of data_type period, which tells when epochs began and ended. "
        "Nodes are asked first; what they do not tell, or where there are none, is taken as these tell it.",
    )

    @field_validator("unhealthy_behind", mode="after")
    @classmethod
    def _in_order(cls, unhealthy: int, info: ValidationInfo) -> int:
        degraded = info.data.get("degraded_behind")
        if degraded is not None and unhealthy < degraded:
            raise broken_rule(
                f"a chain is not unhealthy ({unhealthy}) before it is degraded ({degraded})",
                f"give {degraded} or more, or a smaller degraded_behind",
            )
        return unhealthy

    @field_validator("period_type", mode="after")
    @classmethod
    def _type_fits_family(cls, period_type: PeriodType, info: ValidationInfo) -> PeriodType:
        if (traits := _traits(info)) is not None:
            _accept(traits.refused_period_type(period_type))
        return period_type

    @field_validator("period_size", mode="after")
    @classmethod
    def _size_fits_family(cls, size: int | None, info: ValidationInfo) -> int | None:
        traits, period_type = _traits(info), info.data.get("period_type")
        if traits is not None and period_type is not None:
            _accept(traits.refused_period_size(period_type, size))
        return size

    @field_validator("native_unit", mode="after")
    @classmethod
    def _coin_fits_family(cls, native_unit: str, info: ValidationInfo) -> str:
        if (traits := _traits(info)) is not None:
            _accept(traits.refused_coin(native_unit))
        return native_unit

    @field_validator("native_decimals", mode="after")
    @classmethod
    def _decimals_fit_family(cls, decimals: int, info: ValidationInfo) -> int:
        if (traits := _traits(info)) is not None:
            _accept(traits.refused_decimals(decimals))
        return decimals

    @field_validator("protocol_fee_bps", "exact_vote_fees", "split_fees", mode="after")
    @classmethod
    def _option_fits_family(cls, value: Option, info: ValidationInfo) -> Option:
        if value and info.field_name is not None and (traits := _traits(info)) is not None:
            _accept(traits.refused_option(info.field_name))
        return value

    @field_validator("protocol_fee_bps", mode="after")
    @classmethod
    def _fees_in_order(cls, entries: tuple[DatedBps, ...], info: ValidationInfo) -> tuple[DatedBps, ...]:
        days = [entry.from_date for entry in entries]
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise broken_rule("the days must rise from entry to entry", "sort the entries by `from`, one per day")
        traits = _traits(info)
        if not entries and info.data.get("enabled") and traits is not None and traits.shares_tips:
            raise broken_rule(
                f"an enabled {traits.title} chain needs the protocol's share of MEV tips",
                "add {from: 2025-01-01, bps: 309}",
            )
        return entries

    @field_validator("periods", mode="after")
    @classmethod
    def _tellers_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _each_once(names)

    @field_validator("costs_due", mode="after")
    @classmethod
    def _costs_once(cls, costs: tuple[CostType, ...]) -> tuple[CostType, ...]:
        return _each_once(costs)

    @field_validator("roles", "cross_checks", mode="after")
    @classmethod
    def _providers_once(cls, roles: Mapping[DataType, tuple[str, ...]]) -> Mapping[DataType, tuple[str, ...]]:
        for names in roles.values():
            _each_once(names)
        return roles

    @property
    def base_unit(self) -> str:
        """The smallest unit, in which every amount is counted; the family decides it."""
        return self.family.traits.base_unit

    @property
    def base_units(self) -> str:
        """Several of the smallest unit."""
        return self.family.traits.base_units

    @property
    def period_step(self) -> int:
        """By how much the numbers of its periods rise from one to the next."""
        return self.family.traits.period_step(self.period_type, self.period_size)

    def period_before(self, epoch: EpochNumber) -> EpochNumber:
        """The number of the period before one."""
        return epoch - self.period_step

    def period_after(self, epoch: EpochNumber) -> EpochNumber:
        """The number of the period after one."""
        return epoch + self.period_step

    def asks(self, provider: str) -> bool:
        """Whether a provider is asked about the chain, for whatever purpose."""
        return any(provider in named for named in (*self.roles.values(), *self.cross_checks.values(), self.periods))

    def protocol_fee_at(self, instant: datetime) -> Bps:
        """The protocol's share of tips in basis points that held at an instant (with a time zone)."""
        if instant.tzinfo is None:
            raise ValueError("protocol_fee_at needs an instant with a time zone")
        held = [entry for entry in self.protocol_fee_bps if _start_of(entry.from_date) <= instant]
        if not held:
            raise ProtocolFeeMissing(
                f"chain {self.chain_id} has no protocol_fee_bps for {instant.isoformat()}",
                "add a dated entry that covers it to protocol_fee_bps in chains.yaml",
            )
        return held[-1].bps

    def values_read(self, *paths: str, at: datetime | None = None) -> Mapping[str, str]:
        """The values under dotted key paths as canonical text (compact JSON, sorted keys), for a lineage digest.

        With `at`, `protocol_fee_bps` is the one share that held then: a later entry does not change the past.
        """
        whole = _plain(self)
        if at is not None and "protocol_fee_bps" in paths:
            whole["protocol_fee_bps"] = self.protocol_fee_at(at)
        return {path: _canonical_text(_at_path(whole, path)) for path in sorted(paths)}


def _traits(info: ValidationInfo) -> FamilyTraits | None:
    """What the chain's family decides; None where the family itself is a mistake."""
    family = info.data.get("family")
    return family.traits if isinstance(family, Family) else None


def _accept(refusal: FamilyRefusal | None) -> None:
    """Report what the family refuses."""
    if refusal is not None:
        raise broken_rule(refusal.problem, refusal.remedy)


def _each_once(items: tuple[Item, ...]) -> tuple[Item, ...]:
    # The name itself is not repeated: it may have come from the environment.
    if len(set(items)) < len(items):
        raise broken_rule("the same name stands in the list more than once", "name each one once")
    return items


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _plain(value: Any) -> Any:
    """Models, enums, dates and tuples as JSON knows them, under the keys of the YAML file."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {field.alias or name: _plain(getattr(value, name)) for name, field in fields.items()}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _at_path(value: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(value, dict) or step not in value:
            raise KeyError(f"a chain has no value {path!r}")
        value = value[step]
    return value


def _canonical_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
