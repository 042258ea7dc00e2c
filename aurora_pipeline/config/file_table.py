"""A file of the operator's as a provider: where it is, which column holds what, in which unit, rounded how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from aurora_pipeline.config.families import Family
from aurora_pipeline.config.fields import FrozenModel, broken_rule
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.config.vocabulary import CostType, DataType
from aurora_pipeline.foundation.units import EpochNumber

EPOCH_PLACE: Final = "{epoch}"
"""Stands in a path for the epoch's number: one file per epoch."""
ENDINGS: Final = (".csv", ".xlsx")
SEPARATORS: Final[Mapping[str, str]] = MappingProxyType({"comma": ",", "semicolon": ";", "tab": "\t"})
"""What can stand between the cells of a CSV file."""


class CellKind(StrEnum):
    """What a cell holds."""

    TEXT = "text"
    VALIDATOR_KEY = "validator_key"
    """What names a validator, or signs for it."""
    ADDRESS = "address"
    WHOLE = "whole"
    STAKE_EPOCH = "stake_epoch"
    """An epoch in a stake account; the largest number there is stands for no epoch, as the chain writes it."""
    AMOUNT = "amount"
    """What is earned or paid in one epoch."""
    STAKE = "stake"
    RATE = "rate"
    INSTANT = "instant"
    """A date, or an instant with its time zone."""


class Rounding(StrEnum):
    """What becomes of digits below the smallest unit."""

    EXACT = "exact"
    HALF_UP = "half_up"
    FLOOR = "floor"


AMOUNT_UNITS: Final[Mapping[str, int]] = MappingProxyType(
    {unit: decimals for family in Family for unit, decimals in family.traits.units.items()}
)
"""How many decimals a unit has over its chain's base unit."""
RATE_UNITS: Final[Mapping[str, int]] = MappingProxyType({"bps": 0, "percent": 2, "fraction": 4})
"""How many decimals a unit has over basis points."""
UNITS: Final = MappingProxyType(
    {CellKind.AMOUNT: AMOUNT_UNITS, CellKind.STAKE: AMOUNT_UNITS, CellKind.RATE: RATE_UNITS}
)

_TEXT, _KEY, _ADDRESS, _WHOLE = CellKind.TEXT, CellKind.VALIDATOR_KEY, CellKind.ADDRESS, CellKind.WHOLE
_AMOUNT, _STAKE, _RATE = CellKind.AMOUNT, CellKind.STAKE, CellKind.RATE
_SUBJECT: Final = {"validator": _KEY, "identity": _KEY, "epoch": _WHOLE}
FIELDS: Final[Mapping[DataType, Mapping[str, CellKind]]] = MappingProxyType(
    {
        DataType.FEES: _SUBJECT | {"fees": _AMOUNT, "leader_slots": _WHOLE, "blocks_produced": _WHOLE},
        DataType.MEV: _SUBJECT | {"total_tips": _AMOUNT, "mev_commission": _RATE, "validator_tips": _AMOUNT},
        DataType.REWARDS: _SUBJECT
        | {
            "account": _ADDRESS,
            "commission": _AMOUNT,
            "staker_rewards": _AMOUNT,
            "total_rewards": _AMOUNT,
            "commission_rate": _RATE,
        },
        DataType.META: _SUBJECT
        | {
            "name": _TEXT,
            "commission_rate": _RATE,
            "mev_commission": _RATE,
            "active_stake": _STAKE,
        },
        DataType.POSITIONS: _SUBJECT
        | {
            "account": _ADDRESS,
            "staker": _ADDRESS,
            "withdrawer": _ADDRESS,
            "stake": _STAKE,
            "activation_epoch": CellKind.STAKE_EPOCH,
            "deactivation_epoch": CellKind.STAKE_EPOCH,
            "validator_stake": _STAKE,
        },
        DataType.COSTS: _SUBJECT | dict.fromkeys([*(cost.value for cost in CostType), "OTHER_INCOME"], _AMOUNT),
        DataType.PERIOD: {
            "epoch": _WHOLE,
            "first_slot": _WHOLE,
            "last_slot": _WHOLE,
            "first_block_slot": _WHOLE,
            "last_block_slot": _WHOLE,
            "started_at": CellKind.INSTANT,
            "ended_at": CellKind.INSTANT,
        },
    }
)
"""What a file of each data type can hold."""

_NEEDED: Final[Mapping[DataType, tuple[frozenset[str], ...]]] = MappingProxyType(
    {
        DataType.FEES: (frozenset({"fees"}),),
        DataType.MEV: (frozenset({"validator_tips"}), frozenset({"total_tips", "mev_commission"})),
        DataType.REWARDS: (
            frozenset({"commission"}),
            frozenset({"total_rewards", "commission_rate"}),
            frozenset({"account", "staker_rewards"}),
        ),
        DataType.META: (
            frozenset({"commission_rate"}),
            frozenset({"active_stake"}),
            frozenset({"validator", "identity"}),
        ),
        DataType.POSITIONS: (frozenset({"account", "withdrawer", "stake", "activation_epoch", "deactivation_epoch"}),),
        DataType.PERIOD: (frozenset({"first_slot", "last_slot", "started_at", "ended_at"}),),
        DataType.COSTS: tuple(frozenset({name}) for name in FIELDS[DataType.COSTS] if name not in _SUBJECT),
    }
)
"""Besides the validator: one of these sets of columns must be there in full."""
_ABSENT_IS_ZERO: Final = (DataType.FEES, DataType.MEV, DataType.REWARDS, DataType.COSTS)
"""What can be 0 of a validator that a file does not list."""


class Absent(StrEnum):
    """What it means that a file does not list a validator."""

    UNKNOWN = "unknown"
    ZERO = "zero"


class DelegatedLater(StrEnum):
    """What becomes of stake accounts that are listed before they were delegated."""

    REFUSE = "refuse"
    INACTIVE = "inactive"


class FileColumn(FrozenModel):
    """One column of a file."""

    column: str = Field(
        min_length=1,
        max_length=200,
        description="The column's header in the file; `{epoch}` in it stands for the epoch: one column per epoch.",
    )
    unit: str | None = Field(
        default=None,
        description="Amounts: lamports, SOL (wei, gwei, ETH); rates: percent (5 is 5 %), fraction (0.05 is 5 %) or bps "
        "(500 is 5 %); must be given for these.",
    )
    rounding: Rounding = Field(
        default=Rounding.EXACT,
        description="Digits below the smallest unit: exact refuses them, half_up and floor round them away "
        "(binary noise of a spreadsheet, like 241.071861666999 SOL).",
    )


class FileTable(FrozenModel):
    """One data type in one file, or in one file per epoch. As JSON it becomes part of every stored request."""

    data_type: DataType = Field(
        description="What the file tells about: fees, mev, rewards, meta, positions or costs, each at most once; "
        "period: when epochs began and ended."
    )
    path: str = Field(
        min_length=5,
        max_length=400,
        description="The file within the provider's folder; `{epoch}` in it stands for the epoch: one file per epoch.",
    )
    sheet: str | None = Field(default=None, description="XLSX: the sheet's name; left out: the first sheet.")
    separator: str = Field(default="comma", description="CSV: what stands between the cells: comma, semicolon or tab.")
    missing: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), description="Texts that say as little as an empty cell, like NA or -."
    )
    absent: Absent = Field(
        default=Absent.UNKNOWN,
        description="What it means that a validator is not listed. unknown: nothing. zero: its amounts are 0, where "
        "the file lists others in that epoch (a list of those who pay); for fees, mev, rewards and costs.",
    )
    delegated_later: DelegatedLater = Field(
        default=DelegatedLater.REFUSE,
        description="positions: accounts listed in epochs before they were delegated. refuse: the file is not what it "
        "should be. inactive: they have no active stake, and one warning counts them.",
    )
    columns: Annotated[Mapping[str, FileColumn], AfterValidator(MappingProxyType)] = Field(
        description="Which column holds what; see the table below."
    )

    def as_request(self, family: Family) -> dict[str, object]:
        """The mapping as stored requests tell it: with these bytes and this, anybody reads the same figures."""
        columns = {
            name: {key: str(value) for key, value in column if value is not None}
            for name, column in sorted(self.columns.items())
        }
        sheet = {} if self.sheet is None else {"sheet": self.sheet}
        separator = {} if self.separator == "comma" else {"separator": self.separator}
        table = {"data_type": self.data_type.value, "family": family.value, "columns": columns, **sheet, **separator}
        return table | self._options()

    def _options(self) -> dict[str, object]:
        """What is not as it is left out: requests that were stored before an option existed stay as they are."""
        told: dict[str, object] = {} if not self.missing else {"missing": list(self.missing)}
        told |= {} if self.absent is Absent.UNKNOWN else {"absent": self.absent.value}
        is_default = self.delegated_later is DelegatedLater.REFUSE
        return told | ({} if is_default else {"delegated_later": self.delegated_later.value})

    def name_for(self, epoch: EpochNumber) -> str:
        """The file's path within the folder for an epoch."""
        return self.path.replace(EPOCH_PLACE, str(epoch))

    @field_validator("path", mode="after")
    @classmethod
    def _known_ending(cls, path: str) -> str:
        if not path.lower().endswith(ENDINGS):
            raise broken_rule("the file is neither CSV nor XLSX", f"name a file that ends in {' or '.join(ENDINGS)}")
        if path.startswith("/") or ".." in path.split("/") or not path.isprintable():
            raise broken_rule("the file is not inside the folder", "put the folder into base_url: file:FOLDER")
        return path

    @field_validator("separator", mode="after")
    @classmethod
    def _known_separator(cls, separator: str, info: ValidationInfo) -> str:
        if separator not in SEPARATORS:
            raise broken_rule("this is no known separator", f"write one of {', '.join(SEPARATORS)}")
        if separator != "comma" and info.data.get("path", "").lower().endswith(".xlsx"):
            raise broken_rule("an XLSX file has no separator", "leave it out")
        return separator

    @field_validator("absent", mode="after")
    @classmethod
    def _absent_fits(cls, absent: Absent, info: ValidationInfo) -> Absent:
        if absent is Absent.ZERO and info.data.get("data_type") not in (None, *_ABSENT_IS_ZERO):
            raise broken_rule(
                f"{info.data['data_type']} are not 0 because they are not listed",
                f"leave it out; it is for {', '.join(_ABSENT_IS_ZERO)}",
            )
        return absent

    @field_validator("delegated_later", mode="after")
    @classmethod
    def _later_fits(cls, later: DelegatedLater, info: ValidationInfo) -> DelegatedLater:
        if later is DelegatedLater.INACTIVE and info.data.get("data_type") not in (None, DataType.POSITIONS):
            raise broken_rule("only positions have accounts that are delegated later", "leave it out")
        return later

    @field_validator("columns", mode="after")
    @classmethod
    def _columns_say_enough(cls, columns: Mapping[str, FileColumn], info: ValidationInfo) -> Mapping[str, FileColumn]:
        data_type, path = info.data.get("data_type"), info.data.get("path", EPOCH_PLACE)
        if data_type is None:
            return columns
        known = FIELDS[data_type]
        for name, column in columns.items():
            if name not in known:
                raise broken_rule(f'{data_type} has no "{name}"', did_you_mean(name, known, "name"))
            _check_unit(name, column, known[name])
        if data_type is not DataType.PERIOD and not columns.keys() & {"validator", "identity"}:
            raise broken_rule(
                'no column is named for "validator"',
                "add validator: {column: ...}, the vote account, or identity: {column: ...} where the file names those",
            )
        _check_epoch(columns, known, path)
        if not any(needed <= set(columns) for needed in _NEEDED[data_type]):
            ways = " or ".join(" with ".join(sorted(needed)) for needed in _NEEDED[data_type][:3])
            raise broken_rule(f"the columns hold no figure of {data_type}", f"name columns for {ways}")
        return columns


def _check_epoch(columns: Mapping[str, FileColumn], kinds: Mapping[str, CellKind], path: str) -> None:
    """Refuse a mapping that does not say which epoch a figure is of, or says it twice."""
    wide = [name for name, column in columns.items() if EPOCH_PLACE in column.column]
    amounts = [name for name in columns if kinds[name] in (CellKind.AMOUNT, CellKind.STAKE, CellKind.RATE)]
    once = "name the epoch in one place: a column epoch, {epoch} in the path, or {epoch} in the columns of figures"
    if wide and ("epoch" in columns or EPOCH_PLACE in path):
        raise broken_rule(f'"{wide[0]}" has a column per epoch, and the epoch is told elsewhere too', once)
    if wide and (others := [name for name in amounts if name not in wide]):
        raise broken_rule(f'"{others[0]}" would be the same in every epoch', "write {epoch} in its column's name too")
    if "epoch" not in columns and EPOCH_PLACE not in path and not wide:
        raise broken_rule(
            "neither a column nor the path tells the epoch", "add epoch: {column: ...}, or write {epoch} in path"
        )


def _check_unit(name: str, column: FileColumn, kind: CellKind) -> None:
    units = UNITS.get(kind)
    if units is None:
        if column.unit is not None or column.rounding is not Rounding.EXACT:
            raise broken_rule(f'"{name}" is no amount and no rate', "leave out its unit and rounding")
    elif column.unit not in units:
        raise broken_rule(f'the unit of "{name}" is not given or not known', f"add unit: {' or '.join(units)}")
