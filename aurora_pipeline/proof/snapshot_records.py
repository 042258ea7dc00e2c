"""What is recorded about snapshots: read in sets, as values, without judging it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from psycopg import sql

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, PeriodKey, parse_key
from aurora_pipeline.store.database import Connection, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import ColumnKind, Table
from aurora_pipeline.store.digests import Input


@dataclass(frozen=True)
class Lineage:
    """One recorded lineage: a snapshot's first, or an attestation's."""

    name: str
    lineage_digest: str
    layer_version: int
    inputs: tuple[Input, ...] | None
    """None where what is recorded is no list of inputs."""


@dataclass(frozen=True)
class Snapshot:
    """One snapshot as recorded; `report` is None where its report is gone."""

    snapshot_id: int
    table: Table
    key: PartitionKey
    content_digest: str
    row_count: int
    completeness: str
    first: Lineage
    attestations: tuple[Lineage, ...]
    report: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """The snapshot for messages."""
        return f"{self.table.name} of {self.key}, snapshot {self.snapshot_id}"

    @property
    def verify_command(self) -> str:
        """What a person runs to have its period verified."""
        period = self.key.epoch if isinstance(self.key, PeriodKey) else self.key.period
        return f"aurora verify {self.key.chain_id} {period}"

    @property
    def lineages(self) -> tuple[Lineage, ...]:
        """The first lineage and every attestation."""
        return (self.first, *self.attestations)

    def inputs(self, kind: str) -> list[Input]:
        """What the first lineage names of a kind."""
        return [item for item in self.first.inputs or () if item.kind == kind]


def snapshots_of_period(connection: Connection, key: PartitionKey, tables: Sequence[Table]) -> list[Snapshot]:
    """Every snapshot ever written for a period, oldest first."""
    by_name = {table.name: table for table in tables}
    return _snapshots(
        connection,
        by_name,
        "s.chain_id = %s AND s.period = %s AND s.asset = ANY(%s)",
        [key.chain_id, key.period, list(by_name)],
    )


def snapshots_by_id(connection: Connection, numbers: Collection[int], tables: Sequence[Table]) -> list[Snapshot]:
    """Snapshots by number, oldest first."""
    return _snapshots(connection, {t.name: t for t in tables}, "s.snapshot_id = ANY(%s)", [list(numbers)])


def snapshots_by_lineage(connection: Connection, digests: Collection[str], tables: Sequence[Table]) -> list[Snapshot]:
    """The snapshots whose first lineage digest is among some, oldest first."""
    return _snapshots(connection, {t.name: t for t in tables}, "s.lineage_digest = ANY(%s)", [list(digests)])


def _snapshots(
    connection: Connection, by_name: Mapping[str, Table], condition: str, parameters: Sequence[Any]
) -> list[Snapshot]:
    rows = connection.execute(
        f"""SELECT s.*, r.snapshot_id IS NOT NULL AS is_reported, r.totals, r.violations, r.warnings
            FROM snapshots s LEFT JOIN snapshot_reports r USING (snapshot_id)
            WHERE {condition} ORDER BY s.snapshot_id""".encode(),
        parameters,
    ).fetchall()
    attested: dict[int, list[Lineage]] = {row["snapshot_id"]: [] for row in rows}
    for row in connection.execute(
        "SELECT * FROM attestations WHERE snapshot_id = ANY(%s) ORDER BY attestation_id", [list(attested)]
    ).fetchall():
        attested[row["snapshot_id"]].append(_lineage(f"attestation {row['attestation_id']}", row))
    return [
        Snapshot(
            row["snapshot_id"],
            by_name[row["asset"]].at(row["layer_version"]),
            _key(row["chain_id"], row["period"]),
            row["content_digest"],
            row["row_count"],
            row["completeness"],
            _lineage("first lineage", row),
            tuple(attested[row["snapshot_id"]]),
            {name: row[name] for name in ("totals", "violations", "warnings")} if row["is_reported"] else None,
        )
        for row in rows
        if row["asset"] in by_name
    ]


def _key(chain_id: str, period: str) -> PartitionKey:
    """The key of a snapshot; one that names no period and no month was changed, and is told as it stands."""
    try:
        return parse_key(f"{chain_id}:{period}")
    except AuroraError:
        return MonthKey(chain_id, period)


def _lineage(name: str, row: Mapping[str, Any]) -> Lineage:
    return Lineage(name, row["lineage_digest"], row["layer_version"], _inputs(row["inputs"]))


def _inputs(recorded: Any) -> tuple[Input, ...] | None:
    if not isinstance(recorded, list):
        return None
    for item in recorded:
        if not (isinstance(item, list) and len(item) == 3 and all(isinstance(part, str) for part in item)):
            return None
    return tuple(Input(*item) for item in recorded)


def rows_of(connection: Connection, table: Table, snapshot_ids: Collection[int]) -> dict[int, pl.DataFrame]:
    """The stored rows of some snapshots of one layer, salts included, by snapshot; without rows, an empty frame.

    Refused where they are outside the database.
    """
    kinds = table_kinds(table, *(("salt",) if table.salted else ()))
    query = sql.SQL("SELECT snapshot_id, {} FROM {} WHERE snapshot_id = ANY(%s)").format(
        sql.SQL(", ").join(sql.Identifier(name) for name in kinds), sql.Identifier(LAYER_SCHEMA, table.name)
    )
    whole = read_frame(connection, query, {"snapshot_id": ColumnKind.INTEGER, **kinds}, [list(snapshot_ids)])
    frames = {part["snapshot_id"][0]: part.drop("snapshot_id") for part in whole.partition_by("snapshot_id")}
    if table.in_ranges and (absent := [number for number in snapshot_ids if number not in frames]):
        connection.execute("SELECT must_be_here(chain_id, epoch) FROM snapshots WHERE snapshot_id = ANY(%s)", [absent])
    return {number: frames.get(number, whole.drop("snapshot_id").clear()) for number in snapshot_ids}
