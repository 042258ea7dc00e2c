"""What is published of a layer, as the next layer reads it: in force now, or at a past moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl
from psycopg import sql

from aurora_pipeline.foundation.errors import Conflict
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey
from aurora_pipeline.store.database import Connection, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Completeness, Table
from aurora_pipeline.store.digests import Input, sorted_by_key


class NotPublished(Conflict):
    """An input a layer needs has no published snapshot for the period."""

    code = "not-published"
    what_to_do = "Compute what is missing: `aurora backfill CHAIN EPOCH`."


@dataclass(frozen=True)
class Published:
    """A published snapshot as the next layer reads it."""

    table: Table
    key: PartitionKey
    snapshot_id: int
    content_digest: str
    lineage_digest: str
    completeness: Completeness
    frame: pl.DataFrame

    @property
    def as_input(self) -> Input:
        """How a consumer names this snapshot in its lineage: by the snapshot's first lineage digest."""
        return snapshot_input(self.table, self.key, self.lineage_digest)


def snapshot_input(table: Table, key: PartitionKey, lineage: str) -> Input:
    """How a lineage names a snapshot of a layer: by the snapshot's first lineage digest."""
    return Input("snapshot", f"{table.name}@{key}", lineage)


def load_published(connection: Connection, table: Table, key: PartitionKey, as_of: datetime | None = None) -> Published:
    """The snapshot in force (or in force at a past moment); raises NotPublished where there is none."""
    place: list[object] = [table.name, key.chain_id, key.period]
    if as_of is None:
        query, parameters = "in_force WHERE asset = %s AND chain_id = %s AND period = %s", place
    else:
        query, parameters = "in_force_as_of(%s, of_asset => %s, of_chain => %s, of_period => %s)", [as_of, *place]
    row = connection.execute(f"SELECT * FROM {query}", parameters).fetchone()
    if row is None:
        raise NotPublished(
            f"{table.name} of {key} is not published{'' if as_of is None else f' as of {as_of}'}",
            f"run `{_computing(key)}`, or see in the Dagster UI why it failed",
        )
    return Published(
        table,
        key,
        row["snapshot_id"],
        row["content_digest"],
        row["lineage_digest"],
        Completeness(row["completeness"]),
        stored_rows(connection, table, row["snapshot_id"]).drop("salt", strict=False),
    )


def _computing(key: PartitionKey) -> str:
    if isinstance(key, PeriodKey):
        return f"aurora backfill {key.chain_id} {key.epoch}"
    return f"aurora statements compute {key.chain_id} {key.period}"


def stored_rows(connection: Connection, table: Table, snapshot_id: int) -> pl.DataFrame:
    """The rows of one snapshot, published or not, in digest order, with their salts where the table has them."""
    extra = ("salt",) if table.salted else ()
    kinds = table_kinds(table, *extra)
    query = sql.SQL("SELECT {} FROM {} WHERE snapshot_id = %s").format(
        sql.SQL(", ").join(sql.Identifier(name) for name in kinds), sql.Identifier(LAYER_SCHEMA, table.name)
    )
    frame = read_frame(connection, query, kinds, [snapshot_id])
    if table.in_ranges and frame.is_empty():
        connection.execute("SELECT must_be_here(chain_id, epoch) FROM snapshots WHERE snapshot_id = %s", [snapshot_id])
    return sorted_by_key(table, frame)
