"""Rows in a chain: numbered from 1 without gaps, each hash over the whole row and the hash of the row before."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aurora_pipeline.store.database import Connection, insert_rows
from aurora_pipeline.store.declaration import Column, ColumnKind, Table
from aurora_pipeline.store.digests import GENESIS_HASH, Value, compact_json, record_digest

CHAINED_TAG: Final = "aurora.chained.1"
PREVIOUS_HASH: Final = Column(
    "previous_hash", ColumnKind.DIGEST, "The entry_hash of the row before; 64 zeros for the first.", digested=False
)
ENTRY_HASH: Final = Column(
    "entry_hash", ColumnKind.DIGEST, "SHA-256 over every other column, so over the row before too.", digested=False
)


def entry_hash(table: Table, row: Mapping[str, Any]) -> str:
    """What commits to a row and to every row before it."""
    values: list[Value] = [
        compact_json(row[column.name]) if column.kind in {ColumnKind.JSON, ColumnKind.INTEGERS} else row[column.name]
        for column in table.columns
        if column.name != ENTRY_HASH.name
    ]
    return record_digest(CHAINED_TAG, table.name, *values)


def append_chained(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows without their number, time and hashes; nobody else appends until this transaction ends."""
    if not rows:
        return
    (number,) = table.key
    clock = connection.execute("SELECT record_instant() AS instant").fetchone()
    last = connection.execute(
        f"SELECT {number} AS number, entry_hash FROM {table.name} ORDER BY {number} DESC LIMIT 1".encode()
    ).fetchone()
    assert clock is not None  # a function always gives a row
    place, before = (0, GENESIS_HASH) if last is None else (last["number"], last["entry_hash"])
    chained: list[dict[str, Any]] = []
    for row in rows:
        place += 1
        full = {**row, number: place, "written_at": clock["instant"], PREVIOUS_HASH.name: before}
        before = entry_hash(table, full)
        chained.append({**full, ENTRY_HASH.name: before})
    json_columns = [column.name for column in table.columns if column.kind is ColumnKind.JSON]
    insert_rows(
        connection, table.name, [{**row, **{name: json.dumps(row[name]) for name in json_columns}} for row in chained]
    )
