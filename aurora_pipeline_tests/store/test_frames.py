"""The gate every frame passes: for each column of each table, what breaks it is refused, and named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any

import pandera.errors
import polars as pl
import pytest

from aurora_pipeline.foundation.money import AMOUNT_MAX
from aurora_pipeline.store.declaration import Column, ColumnKind, Table
from aurora_pipeline.store.frames import FRAME_TYPES, _gate
from aurora_pipeline.tables import ALL_TABLES
from aurora_pipeline_tests.gated import schema_violations
from aurora_pipeline_tests.store.column_values import choices, ends

_VALUES: dict[ColumnKind, Any] = {
    ColumnKind.TEXT: "text",
    ColumnKind.AMOUNT: 7,
    ColumnKind.INTEGER: 7,
    ColumnKind.BOOLEAN: True,
    ColumnKind.INSTANT: datetime(2026, 1, 2, tzinfo=UTC),
    ColumnKind.UUID: "00000000-0000-0000-0000-000000000000",
    ColumnKind.DIGEST: "0" * 64,
    ColumnKind.BYTES: b"bytes",
    ColumnKind.JSON: "{}",
    ColumnKind.INTEGERS: [1],
}
_GOOD = object()


def good(column: Column) -> Any:
    """A value the column takes."""
    if choices(column):
        return choices(column)[0]
    value, between = _VALUES[column.kind], ends(column)
    if between.low is not None:
        value = max(value, between.low)
    return value if between.high is None else min(value, between.high)


def bad(column: Column) -> Iterator[Any]:
    """Values it does not take, one for each thing that is declared of it."""
    if not column.nullable:
        yield None
    between = ends(column)
    if choices(column):
        yield f"{choices(column)[0]} "
    if between.low is not None:
        yield between.low - 1
    if between.high is not None:
        yield between.high + 1
    if column.kind is ColumnKind.AMOUNT:
        yield AMOUNT_MAX + 1
        yield -AMOUNT_MAX - 1
    if column.kind is ColumnKind.DIGEST:
        yield "0" * 63 + "G"
    if column.kind is ColumnKind.TEXT and not column.nullable and not choices(column):
        yield "x" * 100_001


def frame(table: Table, **others: Any) -> pl.DataFrame:
    """One row of the table, some of its values replaced."""
    series = []
    for column in table.columns:
        value = others.get(column.name, good(column))
        if column.kind is ColumnKind.AMOUNT:
            series.append(pl.Series(column.name, [value], dtype=pl.Int128).cast(pl.Decimal(38, 0)))
        else:
            series.append(pl.Series(column.name, [value], dtype=FRAME_TYPES[column.kind]))
    return pl.DataFrame(series)


@pytest.mark.parametrize("table", ALL_TABLES, ids=lambda table: table.name)
def test_gate__every_declared_rule__refuses_what_breaks_it_and_names_the_column(table: Table) -> None:
    assert schema_violations(table, frame(table)) == []
    absent = {column.name: None for column in table.columns if column.nullable}
    assert schema_violations(table, frame(table, **absent)) == []
    wrong = {column.name: list(bad(column)) for column in table.columns}
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(pandera.errors.SchemaErrors):
                _gate(table).validate(frame(table, **{name: value}), lazy=True)
    # The words take their time, so they are asked about all columns at once.
    for together in zip_longest(*wrong.values(), fillvalue=_GOOD):
        told = {name: value for name, value in zip(wrong, together, strict=True) if value is not _GOOD}
        words = schema_violations(table, frame(table, **told))
        for name, value in told.items():
            assert any(word.startswith(f"{table.name}.{name}: ") for word in words), (name, value, words)


@pytest.mark.parametrize("table", ALL_TABLES[:1], ids=lambda table: table.name)
def test_gate__another_shape__is_refused(table: Table) -> None:
    whole = frame(table)
    first = table.columns[0].name
    assert schema_violations(table, pl.concat([whole, whole]))
    assert schema_violations(table, whole.drop(first))
    assert schema_violations(table, whole.with_columns(more=pl.lit(1)))
    assert schema_violations(table, whole.select(reversed(whole.columns)))
    assert schema_violations(table, whole.with_columns(pl.lit(b"?").alias(first)))
