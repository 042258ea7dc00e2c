"""How a row of decisions is named and committed to: in lineages by what figures rest on, in the log by all it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import polars as pl

from aurora_pipeline.store.declaration import Column, Table
from aurora_pipeline.store.digests import Input, Value, encode_value, record_digest, record_digests
from aurora_pipeline.store.merkle import merkle_root

DECISION_TAG: Final = "aurora.decision.1"
WHOLE_ROW_TAG: Final = "aurora.decision-row.1"
_ROWS_REMEMBERED: Final = 4_096


@dataclass(frozen=True, order=True)
class LoggedRow:
    """What the audit log says of a row that a decision wrote."""

    row_name: str
    """The table and the key."""
    decision_digest: str
    """Commits to what figures rest on: a lineage names the row by it."""
    row_digest: str
    """Commits to every column, who, when and why among them."""


def decision_input(table: Table, row: Mapping[str, Any]) -> Input:
    """How a lineage names a decision row: its key, and a digest of its digested columns in declared order."""
    values = [_value(row[column.name]) for column in table.digested]
    return Input("decision", row_name(table, row), record_digest(DECISION_TAG, table.name, *values))


def row_name(table: Table, row: Mapping[str, Any]) -> str:
    """The row's table and key, as lineages and the log name it."""
    return f"{table.name}:{'/'.join(_text(row[column]) for column in table.key)}"


def logged_row(table: Table, row: Mapping[str, Any]) -> LoggedRow:
    """What the log says of a row; columns that were left out are null."""
    whole = {name: row.get(name) for name in table.names}
    named = decision_input(table, whole)
    return LoggedRow(named.name, named.digest, row_digest(table, whole))


def row_digest(table: Table, row: Mapping[str, Any]) -> str:
    """What commits to every column of a row."""
    values: list[Value] = [_value(row[column.name]) for column in table.columns[: _committed(table, row)]]
    return _remembered(WHOLE_ROW_TAG, table.name, *values)


_remembered: Final = lru_cache(_ROWS_REMEMBERED, typed=True)(record_digest)
"""Digests by what they commit to: every layer of every period has the same few rows of decisions digested again."""


def _committed(table: Table, row: Mapping[str, Any]) -> int:
    """How many columns a row commits to: one from before a column came has null in it, and says nothing of it."""
    count = len(table.columns)
    while count and table.columns[count - 1].since > 1 and row[table.columns[count - 1].name] is None:
        count -= 1
    return count


def row_digests(table: Table, frame: pl.DataFrame) -> list[str]:
    """What commits to every column of each row of a whole table, as `logged_row` does."""
    later = sum(column.since > 1 for column in table.columns)
    first = len(table.columns) - later
    names = [column.name for column in table.columns[first:]]
    counted = [
        pl.when(pl.col(name).is_null()).then(first).otherwise(first + place) for place, name in enumerate(names, 1)
    ]
    counts = frame.select(pl.max_horizontal(first, *counted).alias("count"))["count"] if names else None
    if counts is None:
        return record_digests(WHOLE_ROW_TAG, table.name, table.columns, frame)
    digests = [""] * len(frame)
    for count in counts.unique():
        part = (counts == count).arg_true()
        found = record_digests(WHOLE_ROW_TAG, table.name, table.columns[:count], frame[part])
        for place, digest in zip(part, found, strict=True):
            digests[place] = digest
    return digests


def rows_root(rows: Iterable[LoggedRow]) -> str:
    """The Merkle root over the rows of an entry in their order; the entry commits to it."""
    return merkle_root(
        b"".join(encode_value(value) for value in (row.row_name, row.decision_digest, row.row_digest)) for row in rows
    )


def is_decided(column: Column) -> bool:
    """Whether a column holds what was decided, not who recorded it when."""
    return column.name not in {"revision", "reason", "recorded_by", "recorded_at", "recorded_through"}


def _value(value: Any) -> Value:
    """A value as it comes back from the database: amounts as integers, ids as text."""
    if isinstance(value, Decimal):
        return int(value)
    return str(value) if isinstance(value, UUID) else value


def _text(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
