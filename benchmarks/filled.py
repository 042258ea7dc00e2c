"""Very many rows in a moment: tables filled by one INSERT, past all triggers, with any value where none is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import ColumnKind, Table, TableKind
from aurora_pipeline.store.tables import PUBLICATIONS, SNAPSHOTS
from aurora_pipeline_tests.store.column_values import choices

_FILL: Final = {
    ColumnKind.TEXT: "''",
    ColumnKind.AMOUNT: "1000",
    ColumnKind.INTEGER: "1",
    ColumnKind.BOOLEAN: "false",
    ColumnKind.INSTANT: "timestamptz '2020-01-01'",
    ColumnKind.UUID: "gen_random_uuid()",
    ColumnKind.DIGEST: "repeat('a', 64)",
    ColumnKind.JSON: "'[]'::jsonb",
    ColumnKind.INTEGERS: "'{}'::bigint[]",
}


def fill(connection: Connection, table: Table, source: str, given: Mapping[str, str], more: str = "") -> None:
    """Rows of a table from a FROM clause: some columns as given, every other one with any value of its kind."""
    told = dict(given)
    for column in table.columns:
        if column.nullable or column.name in told or "GENERATED" in (column.default or ""):
            continue
        allowed = choices(column)
        told[column.name] = f"'{allowed[0]}'" if allowed else _FILL[column.kind]
    if table.salted:
        told["salt"] = "repeat('a', 64)"
    name = f"layers.{table.name}" if table.kind is TableKind.LAYER else table.name
    values = ", ".join(told.values())
    connection.execute(f"INSERT INTO {name} ({', '.join(told)}) {more} SELECT {values} FROM {source}".encode())


def publish(connection: Connection, asset: str, number: str, period: str, source: str, chain: str = "c") -> None:
    """Snapshots with such numbers, each of a period, and that they are in force."""
    of = {"asset": f"'{asset}'", "chain_id": f"'{chain}'", "period": period, "snapshot_id": number}
    fill(connection, SNAPSHOTS, source, of, "OVERRIDING SYSTEM VALUE")
    told = {**of, "sequence": number, "published_at": "now()", "entry_hash": f"lpad(to_hex({number}), 64, '0')"}
    fill(connection, PUBLICATIONS, source, told)
