"""Frames of declared tables: Polars types and the Pandera schema that every frame passes before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import NoneType
from typing import Any, Final

import polars as pl

from aurora_pipeline.foundation.errors import SettingRefused
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.column_rules import ColumnRule, LengthMax
from aurora_pipeline.store.declaration import KIND_RULES, Column, ColumnKind, Table

FRAME_TYPES: dict[ColumnKind, Any] = {
    ColumnKind.TEXT: pl.String,
    ColumnKind.AMOUNT: pl.Decimal(38, 0),
    ColumnKind.INTEGER: pl.Int64,
    ColumnKind.BOOLEAN: pl.Boolean,
    ColumnKind.INSTANT: pl.Datetime("us", "UTC"),
    ColumnKind.UUID: pl.String,
    ColumnKind.DIGEST: pl.String,
    ColumnKind.BYTES: pl.Binary,
    ColumnKind.JSON: pl.String,
    ColumnKind.INTEGERS: pl.List(pl.Int64),
}
_TEXT_LENGTH_MAX = LengthMax(100_000)
GATE_SWITCHES: Final = ("PANDERA_VALIDATION_ENABLED", "PANDERA_VALIDATION_DEPTH")
"""What of the environment could switch the gate off; where none is set there is nothing to look at."""


def frame_schema(table: Table) -> dict[str, Any]:
    """Column names and Polars types of a table's frames."""
    return {column.name: FRAME_TYPES[column.kind] for column in table.columns}


def frame_of(table: Table, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """A frame of some rows given as dicts; a missing key is null, an unknown key an error, ints stay exact."""
    known = set(table.names)
    for row in rows:
        unknown = row.keys() - known
        if unknown:
            raise KeyError(f"{table.name} has no column {sorted(unknown)}")
    series = []
    for column in table.columns:
        values = [row.get(column.name) for row in rows]
        if column.kind is ColumnKind.AMOUNT:
            series.append(exact_series(column.name, values))
        else:
            series.append(pl.Series(column.name, values, dtype=FRAME_TYPES[column.kind], strict=True))
    return pl.DataFrame(series)


def exact_series(name: str, values: Sequence[Any]) -> pl.Series:
    """A Decimal(38,0) series of ints; a float or bool among them is refused rather than converted."""
    if not set(map(type, values)) <= {int, NoneType}:
        value = next(value for value in values if value is not None and type(value) is not int)
        raise TypeError(f"column {name} holds money, which is an int, not {type(value).__name__} {value!r}")
    # Through 128-bit integers, which are exact, where a Decimal built from Python ints passes through a context.
    return pl.Series(name, values, dtype=pl.Int128, strict=True).cast(pl.Decimal(38, 0), strict=True)


def ints(series: pl.Series) -> list[Amount | None]:
    """The exact Python ints of a money column."""
    numbers: list[Amount | None] = series.cast(pl.Int128, strict=True).to_list()
    return numbers


def exact_rows(table: Table, frame: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """A table's rows with their amounts as exact ints, converted a column at a time."""
    amounts = [pl.col(name).cast(pl.Int128, strict=True) for name in table.amounts if name in frame.columns]
    return frame.with_columns(amounts).iter_rows(named=True)


def whole_numbers(series: pl.Series) -> list[Amount]:
    """The exact Python ints of a money column without nulls."""
    if series.null_count():
        raise TypeError(f"column {series.name} lacks {series.null_count()} amounts")
    numbers: list[Amount] = series.cast(pl.Int128, strict=True).to_list()
    return numbers


@cache
def _gate(table: Table) -> Any:
    """The Pandera schema that decides: columns, their types and order, and every value in one look at the frame.

    Built on first use, for importing Pandera takes a while. Told of the columns, Pandera looks at each by itself, which
    takes ten times as long as all of this; that is left to `_words`, which says what is wrong where something is.
    """
    import pandera.polars as pa

    declared = pl.Schema(frame_schema(table))
    holds = [rule.alias(str(place)) for place, rule in enumerate(r for c in table.columns for r in _holds(c))]

    def as_declared(data: Any) -> bool:
        frame: pl.LazyFrame = data.lazyframe
        if frame.collect_schema() != declared:
            return False
        return all(frame.select(holds).collect().row(0))

    check = pa.Check(as_declared, name="as declared", error="its columns, or their values")
    return pa.DataFrameSchema(checks=[check], name=table.name)


def _holds(column: Column) -> list[pl.Expr]:
    """What must be true of a column as a whole; a value that is absent breaks nothing but nullability."""
    value = pl.col(column.name)
    told = [] if column.nullable else [value.is_not_null()]
    told += [rule.holds(value) for rule in _rules_of(column)]
    return [one.all(ignore_nulls=True) for one in told]


@cache
def _words(table: Table) -> Any:
    """The Pandera schema with each rule of each column by itself, which names what `_gate` refuses."""
    import pandera.polars as pa

    def column_of(column: Column) -> Any:
        checks = [pa.Check(partial(_breaking, rule), error=rule.words()) for rule in _rules_of(column)]
        return pa.Column(FRAME_TYPES[column.kind], checks=checks, nullable=column.nullable)

    columns = {column.name: column_of(column) for column in table.columns}
    return pa.DataFrameSchema(columns, strict=True, ordered=True, name=table.name)


def _breaking(rule: ColumnRule, data: Any) -> pl.LazyFrame:
    frame: pl.LazyFrame = data.lazyframe
    return frame.select(rule.holds(pl.col(data.key)))


def _rules_of(column: Column) -> list[ColumnRule]:
    """What is declared of a column, what is true of its kind, and how long a text of any length may be in a frame."""
    rules = [*column.rules, *([KIND_RULES[column.kind]] if column.kind in KIND_RULES else [])]
    if column.kind is ColumnKind.TEXT and not column.nullable and not rules:
        rules.append(_TEXT_LENGTH_MAX)
    return rules


@dataclass(frozen=True)
class Refused:
    """What Pandera refuses of a frame."""

    column: str
    words: str
    shown: str
    """The first values that are refused."""


def assert_validation_is_on() -> None:
    """Refuse to work where the environment has switched any of Pandera's checks off: the gate would stand open."""
    from pandera.config import ValidationDepth, get_config_context

    context = get_config_context()
    is_whole = context.validation_depth in (None, ValidationDepth.SCHEMA_AND_DATA)
    if not context.validation_enabled or not is_whole:
        raise SettingRefused(
            "Pandera validation is switched off in this environment, so no check would hold back a bad figure",
            f"unset {' and '.join(GATE_SWITCHES)}"
            f" (now {', '.join(repr(os.environ.get(name)) for name in GATE_SWITCHES)})",
        )


def refusals(table: Table, frame: pl.DataFrame) -> list[Refused]:
    """What in an eager frame breaks the table's schema; empty when it holds."""
    from pandera.errors import SchemaError, SchemaErrors

    assert_validation_is_on()
    refused: list[Refused] = []
    for schema in (_gate(table), _words(table)):
        try:
            schema.validate(frame, lazy=True)
        except SchemaErrors as errors:
            refused = [_in_words(table, error) for error in errors.schema_errors]
        except SchemaError as error:
            refused = [_in_words(table, error)]
        if not refused:
            break
    return refused


def _in_words(table: Table, error: Any) -> Refused:
    column = getattr(error.schema, "name", None) or table.name
    cases = error.failure_cases
    shown = cases.head(3).to_dicts() if isinstance(cases, pl.DataFrame) else cases
    check = getattr(error.check, "error", None) or error.check or error.reason_code
    return Refused(column, f"{table.name}.{column}: {check} fails for {shown}", str(shown))
