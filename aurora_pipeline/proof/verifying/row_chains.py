"""Walks chains of rows: attestations and observations that were changed, removed or slipped in are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aurora_pipeline.decisions.log import Head
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import GENESIS_HASH
from aurora_pipeline.store.payloads.tables import OBSERVATIONS
from aurora_pipeline.store.row_chains import entry_hash
from aurora_pipeline.store.tables import ATTESTATIONS

CHAINED: Final = {ATTESTATIONS: Checked.ATTESTATION, OBSERVATIONS: Checked.OBSERVATION}


def chain_head(connection: Connection, table: Table) -> Head | None:
    """The newest row's place and hash; none before the first."""
    (number,) = table.key
    row = connection.execute(
        f"SELECT {number} AS number, entry_hash FROM {table.name} ORDER BY {number} DESC LIMIT 1".encode()
    ).fetchone()
    return None if row is None else Head(row["number"], row["entry_hash"])


def verify_chain(connection: Connection, table: Table, findings: Findings, witness: Head | None = None) -> None:
    """Recompute a chain and name its first break; a `witness` noted earlier shows that its end was cut off."""
    (number,) = table.key
    newest: Head | None = None
    for row in connection.execute(f"SELECT * FROM {table.name} ORDER BY {number}".encode()):
        problem = _problem(table, row, row[number], newest, witness)
        if problem is not None:
            findings.fail(CHAINED[table], f"{table.name} {row[number]}", problem)
            return
        newest = Head(row[number], row["entry_hash"])
        findings.ok(CHAINED[table])
    last = 0 if newest is None else newest.sequence
    if witness is not None and last < witness.sequence:
        problem = f"they end at {last}, but {witness.sequence} was seen: they were cut"
        findings.fail(CHAINED[table], table.name, problem)


def _problem(table: Table, row: Mapping[str, Any], place: int, newest: Head | None, witness: Head | None) -> str | None:
    due, before = (1, GENESIS_HASH) if newest is None else (newest.sequence + 1, newest.entry_hash)
    if row["entry_hash"] != entry_hash(table, row):
        return "it was changed: its content has another hash"
    if place != due or row["previous_hash"] != before:
        return f"it does not follow {due - 1}: one was removed, replaced or slipped in"
    if witness is not None and witness.sequence == place and witness.entry_hash != row["entry_hash"]:
        return "it is not the one that was seen: what is recorded up to here was rewritten"
    return None
