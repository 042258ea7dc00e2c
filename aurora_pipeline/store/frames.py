"""Frames of declared tables: Polars types and the Pandera schema that every frame passes before it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import cache, partial
from types import NoneType
from typing import Any

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
    """The Pandera schema that decides: types, order, keys, and every column's values in one look at the frame.

    Built on first use, for importing Pandera takes a while. Pandera's own column checks look at the frame once or
    more each, two hundred times per period; they are left to `_words`, which says what is wrong where something is.
    """
    import pandera.polars as pa

    holds = [rule for column in table.columns for rule in _holds(column)]

    def values(data: Any) -> bool:
        return all(data.lazyframe.select(rule.alias(str(number)) for number, rule in enumerate(holds)).collect().row(0))

    columns = {column.name: pa.Column(FRAME_TYPES[column.kind], nullable=True) for column in table.columns}
    checks = [pa.Check(values, name="values", error="its values")]
    return pa.DataFrameSchema(
        columns, checks=checks, unique=list(table.key), strict=True, ordered=True, name=table.name
    )


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
    return pa.DataFrameSchema(columns, unique=list(table.key), strict=True, ordered=True, name=table.name)


def _breaking(rule: ColumnRule, data: Any) -> pl.LazyFrame:
    frame: pl.LazyFrame = data.lazyframe
    return frame.select(rule.holds(pl.col(data.key)))


def _rules_of(column: Column) -> list[ColumnRule]:
    """What is declared of a column, what is true of its kind, and how long a text of any length may be in a frame."""
    rules = [*column.rules, *([KIND_RULES[column.kind]] if column.kind in KIND_RULES else [])]
    if column.kind is ColumnKind.TEXT and not column.nullable and not rules:
        rules.append(_TEXT_LENGTH_MAX)
    return rules


def assert_validation_is_on() -> None:
    """Refuse to work where the environment has switched Pandera off: the gate would stand open silently."""
    from pandera.config import ValidationDepth, get_config_context

    context = get_config_context()
    if not context.validation_enabled or context.validation_depth is ValidationDepth.SCHEMA_ONLY:
        raise SettingRefused(
            "Pandera validation is switched off in this environment, so no check would hold back a bad figure",
            "unset PANDERA_VALIDATION_ENABLED and PANDERA_VALIDATION_DEPTH"
            f" (now {os.environ.get('PANDERA_VALIDATION_ENABLED')!r},"
            f" {os.environ.get('PANDERA_VALIDATION_DEPTH')!r})",
        )


def schema_violations(table: Table, frame: pl.DataFrame) -> list[str]:
    """What in an eager frame breaks the table's schema, in words; empty when it holds."""
    from pandera.errors import SchemaError, SchemaErrors

    assert_validation_is_on()
    refused: list[str] = []
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


def _in_words(table: Table, error: Any) -> str:
    column = getattr(error.schema, "name", None) or table.name
    cases = error.failure_cases
    shown = cases.head(3).to_dicts() if isinstance(cases, pl.DataFrame) else cases
    check = getattr(error.check, "error", None) or error.check or error.reason_code
    return f"{table.name}.{column}: {check} fails for {shown}"
