"""Snapshots as people look at them: which were written, what was found wrong with each, how it differs from another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from aurora_pipeline.decisions.gate_tables import RELEASABLE
from aurora_pipeline.foundation.period_key import PartitionKey, parse_key
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.gate.rule import Violation, stored
from aurora_pipeline.store.published import stored_rows
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline.work.errors import SnapshotUnknown

_TABLES = {table.name: table for table in LAYER_TABLES}
_LISTED = """
SELECT s.snapshot_id, s.asset, s.chain_id, s.period, s.written_at, s.row_count, s.layer_version, s.content_digest,
       t.standing, coalesce(r.violations, '[]') AS violations, coalesce(r.warnings, '[]') AS warnings,
       l.recorded_by AS released_by, l.recorded_at AS released_at, l.reason AS released_because
FROM snapshots s JOIN snapshot_states t USING (snapshot_id) LEFT JOIN snapshot_reports r USING (snapshot_id)
LEFT JOIN snapshot_releases l USING (snapshot_id)
"""


@dataclass(frozen=True)
class Named:
    """A value and its name: a key column, or a figure that was compared."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} {self.value}"


@dataclass(frozen=True)
class Found:
    """What a rule found."""

    rule: str
    words: str
    where: Sequence[Named]
    figures: Sequence[Named]


@dataclass(frozen=True)
class SnapshotShape:
    """A snapshot: what it is of, whether it counts, and what the rules found."""

    snapshot_id: int
    asset: str
    chain_id: str
    period: str
    written_at: datetime
    row_count: int
    content_digest: str
    standing: str
    violations: Sequence[Found]
    warnings: Sequence[Found]
    may_be_released: bool
    released_by: str | None
    released_at: datetime | None
    released_because: str | None


@dataclass(frozen=True)
class RowDifference:
    """One column of one row that two snapshots say otherwise; a row that only one has differs as a whole."""

    row: Sequence[Named]
    column: str | None
    """None: the whole row."""
    in_force: str | None
    snapshot: str | None


@dataclass(frozen=True)
class SnapshotDifferences:
    """How a snapshot differs from what is in force."""

    snapshot_id: int
    in_force: int | None
    differences: Sequence[RowDifference]


def snapshots(
    connection: Connection, chain_id: str | None, period: str | None, *, only_rejected: bool, at_most: int
) -> list[SnapshotShape]:
    """The newest snapshots, of a chain or of all, of one period or of all."""
    rows = connection.execute(
        f"""{_LISTED} WHERE (%(chain)s::text IS NULL OR s.chain_id = %(chain)s)
            AND (%(period)s::text IS NULL OR s.period = %(period)s)
            AND (t.standing = 'rejected' OR NOT %(rejected)s)
            ORDER BY s.snapshot_id DESC LIMIT %(limit)s""".encode(),
        {"chain": chain_id, "period": period, "rejected": only_rejected, "limit": at_most},
    ).fetchall()
    return [_shape(row) for row in rows]


def snapshot(connection: Connection, snapshot_id: int) -> SnapshotShape:
    """One snapshot by its number."""
    row = connection.execute(f"{_LISTED} WHERE s.snapshot_id = %s".encode(), [snapshot_id]).fetchone()
    if row is None:
        raise SnapshotUnknown(f"there is no snapshot {snapshot_id}", "`aurora snapshots list` names the newest")
    return _shape(row)


def _shape(row: Mapping[str, Any]) -> SnapshotShape:
    found = [stored(one) for one in row["violations"]]
    rejected = row["standing"] == "rejected"
    return SnapshotShape(
        row["snapshot_id"],
        row["asset"],
        row["chain_id"],
        row["period"],
        row["written_at"],
        row["row_count"],
        row["content_digest"],
        row["standing"],
        [_found(one) for one in found],
        [_found(stored(one)) for one in row["warnings"]],
        rejected and bool(found) and all(one.rule in RELEASABLE for one in found),
        row["released_by"],
        row["released_at"],
        row["released_because"],
    )


def _found(one: Violation) -> Found:
    return Found(one.rule, one.words, _named(one.where), _named(one.figures))


def _named(values: Mapping[str, str]) -> list[Named]:
    return [Named(name, value) for name, value in values.items()]


def key_of(one: SnapshotShape) -> PartitionKey:
    """The period or month that a snapshot is of."""
    return parse_key(f"{one.chain_id}:{one.period}")


def differences(connection: Connection, snapshot_id: int) -> SnapshotDifferences:
    """How a snapshot's rows differ from those in force of the same layer and period, row by row."""
    one = snapshot(connection, snapshot_id)
    table = _table_of(connection, one)
    row = connection.execute(
        "SELECT snapshot_id FROM in_force WHERE asset = %s AND chain_id = %s AND period = %s",
        [one.asset, one.chain_id, one.period],
    ).fetchone()
    other = None if row is None else int(row["snapshot_id"])
    mine = stored_rows(connection, table, snapshot_id)
    theirs = mine.clear() if other is None else stored_rows(connection, table, other)
    return SnapshotDifferences(snapshot_id, other, list(row_differences(table, theirs, mine)))


def _table_of(connection: Connection, one: SnapshotShape) -> Table:
    row = connection.execute("SELECT layer_version FROM snapshots WHERE snapshot_id = %s", [one.snapshot_id]).fetchone()
    assert row is not None  # it was just read
    return _TABLES[one.asset].at(row["layer_version"])


def row_differences(table: Table, in_force: pl.DataFrame, other: pl.DataFrame) -> Iterator[RowDifference]:
    """The rows and columns that differ, in the order of their keys. Columns that no digest covers are left out."""
    columns = [column.name for column in table.digested if column.name not in table.key]
    before, after = _by_key(table, in_force), _by_key(table, other)
    for key in sorted(before.keys() | after.keys()):
        named = _named(dict(zip(table.key, key, strict=True)))
        if key not in before or key not in after:
            yield RowDifference(named, None, _row(before.get(key), columns), _row(after.get(key), columns))
            continue
        for name in columns:
            if before[key][name] != after[key][name]:
                yield RowDifference(named, name, _text(before[key][name]), _text(after[key][name]))


def _by_key(table: Table, frame: pl.DataFrame) -> dict[tuple[str, ...], dict[str, Any]]:
    return {tuple(str(row[name]) for name in table.key): row for row in exact_rows(table, frame)}


def _row(row: Mapping[str, Any] | None, columns: Sequence[str]) -> str | None:
    if row is None:
        return None
    return ", ".join(f"{name} {row[name]}" for name in columns if row[name] is not None)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
