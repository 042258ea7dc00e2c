"""What a table is, declared once: columns, key, meaning. SQL, frames, Dagster and the docs are all derived from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from aurora_pipeline.foundation.money import AMOUNT_DIGITS
from aurora_pipeline.store.column_rules import ColumnRule, HexDigits, OneOf, Range, Within


class ColumnKind(StrEnum):
    """What a column holds; each kind has one SQL type, at most one frame type and one encoding in digests."""

    TEXT = "text"
    AMOUNT = "amount"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    UUID = "uuid"
    DIGEST = "digest"
    BYTES = "bytes"
    JSON = "json"
    INTEGERS = "integers"


class TableKind(StrEnum):
    """What part a table plays, which decides where it lives and how it may change."""

    LAYER = "layer"
    """Rows of immutable snapshots; readers see the published ones through a view of the same name."""
    LEDGER = "ledger"
    """Append-only: payloads, publications, the audit log. UPDATE, DELETE and TRUNCATE are refused."""
    DECISION = "decision"
    """Append-only too, and a row comes with an entry of the audit log in its transaction, or is refused."""
    REGISTRY = "registry"
    """Mirrors of configuration files, which win; rows may change with the files."""


KIND_RULES: Final[Mapping[ColumnKind, ColumnRule]] = MappingProxyType(
    {ColumnKind.AMOUNT: Within(AMOUNT_DIGITS), ColumnKind.DIGEST: HexDigits(64)}
)
"""What is true of every value of a kind: the database has a domain for each of these."""


@dataclass(frozen=True)
class Column:
    """One column. `digested` columns are committed to by the content digest; the others say where a row came from."""

    name: str
    kind: ColumnKind
    description: str
    nullable: bool = False
    digested: bool = True
    rules: tuple[ColumnRule, ...] = ()
    """What must be true of its values, beside what is true of its kind."""
    references: str | None = None
    default: str | None = None
    since: int = 1
    """The table's version that brought the column: earlier snapshots and decisions neither have it nor commit to it."""

    def problem(self, value: Any) -> str | None:
        """Why a value of the column's type cannot stand in it; None where it can."""
        if self.kind is ColumnKind.INTEGER and not -(2**63) <= value < 2**63:
            return f"{self.name} {value} is more than 64 bits hold"
        of_kind = (KIND_RULES[self.kind],) if self.kind in KIND_RULES else ()
        broken = [rule for rule in (*of_kind, *self.rules) if not rule.keeps(value)]
        return f"{self.name} {value} is not {broken[0].words()}" if broken else None


@dataclass(frozen=True)
class Table:
    """One table, its grain and its columns in the order in which digests read them."""

    name: str
    kind: TableKind
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    version: int = 1
    """The layer's version: raised when the meaning of its rows changes, part of every lineage digest."""
    salted: bool = False
    """Leaves begin with a secret salt, so that a bundle can show some rows and hide the rest."""
    row_id: str | None = None
    """A column that says the same as the key in one value: the database then needs no index over the long key."""
    repeated: tuple[str, ...] = ()
    """Amounts that several rows repeat, or that mean nothing when added up: no total of them is shown."""
    in_ranges: bool = False
    """Whether its rows are kept in ranges of periods, which can be moved out of the database: see `store/ranges.py`."""
    restated: bool = False
    """Whether the views of restatements follow what becomes of its published amounts."""
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    constraints: tuple[str, ...] = ()
    """Further constraints of the table, as SQL has them."""
    guards: tuple[str, ...] = ()
    """Triggers and their functions, as SQL has them; created when every table and view is there."""

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        unknown = [name for name in (*self.key, *self.repeated) if name not in names]
        if unknown or len(set(names)) != len(names):
            raise ValueError(f"table {self.name}: duplicate columns or key columns that do not exist: {unknown}")

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def at(self, version: int) -> Table:
        """The table as an earlier version of the layer declared it, for snapshots that were written then."""
        columns = tuple(column for column in self.columns if column.since <= version)
        kept = {column.name for column in columns}
        repeated = tuple(name for name in self.repeated if name in kept)
        return replace(self, version=version, columns=columns, repeated=repeated)

    @property
    def names(self) -> list[str]:
        """Column names in declared order."""
        return [column.name for column in self.columns]

    @property
    def is_monthly(self) -> bool:
        """Whether its snapshots are of months; else they are of periods."""
        return "month" in self.key

    @property
    def digested(self) -> tuple[Column, ...]:
        """The columns a content digest commits to, in declared order."""
        return tuple(column for column in self.columns if column.digested)

    @property
    def amounts(self) -> list[str]:
        """Names of the columns that hold money."""
        return [column.name for column in self.columns if column.kind is ColumnKind.AMOUNT]


def text(name: str, description: str, *, nullable: bool = False, one_of: Iterable[str] = ()) -> Column:
    """A text column, optionally an enumeration."""
    values = tuple(one_of)
    return Column(name, ColumnKind.TEXT, description, nullable=nullable, rules=(OneOf(values),) if values else ())


def money(name: str, description: str, *, nullable: bool = False, minimum: int | None = None) -> Column:
    """An amount in the chain's base unit."""
    return Column(name, ColumnKind.AMOUNT, description, nullable=nullable, rules=_in_range(minimum, None))


def integer(
    name: str, description: str, *, nullable: bool = False, minimum: int | None = 0, maximum: int | None = None
) -> Column:
    """A whole number that is no money: a count, an epoch, basis points."""
    return Column(name, ColumnKind.INTEGER, description, nullable=nullable, rules=_in_range(minimum, maximum))


def _in_range(low: int | None, high: int | None) -> tuple[ColumnRule, ...]:
    return () if low is None and high is None else (Range(low, high),)


CHAIN_ID = text("chain_id", "The chain, as named in chains.yaml.")
EPOCH = integer("epoch", "The period's number on its chain (an epoch, or the first epoch of a window).")
MONTH = text("month", "The calendar month in UTC, like 2026-08.")
PERIOD = text(
    "period", "What follows the chain in the key: an epoch in seven digits like 0000850, or a month like 2026-08."
)
VALIDATOR_KEY = text("validator_key", "The validator's stable key, as its chain names it.")
SOURCE_FETCH = Column(
    "source_fetch",
    ColumnKind.INTEGER,
    "The staging fetch the row was read from; the lineage digest commits to its responses.",
    nullable=True,
    digested=False,
)


class FigureState(StrEnum):
    """How much is known of a figure. Missing is not zero, and neither is silent."""

    FINAL = "final"
    PENDING = "pending"
    PARTIAL = "partial"
    UNAVAILABLE = "unavailable"


class Completeness(StrEnum):
    """Whether every figure of a snapshot is final."""

    FINAL = "FINAL"
    PARTIAL = "PARTIAL"


def state(name: str = "state", of: str = "the row's figures") -> Column:
    """The state of a figure."""
    return text(name, f"How much is known of {of}.", one_of=[member.value for member in FigureState])


def reason(name: str = "reason", of: str = "the state") -> Column:
    """Why a figure is in its state; null only where there is nothing to explain."""
    return text(name, f"The reason of {of}; null where there is nothing to explain.", nullable=True)
