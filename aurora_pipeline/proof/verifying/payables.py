"""Checks statements with balances: their arithmetic, their digest, and that lines and entries are those they commit to.

A statement that was stated is repeated in later snapshots; there it has to be what was submitted, to the byte.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.proof.snapshot_records import Snapshot, rows_of, snapshots_of_period
from aurora_pipeline.statements.payable import entry_digests, statement_digest
from aurora_pipeline.statements.tables import (
    EPOCH_ENTRIES,
    EPOCH_PAYABLES,
    MONTHLY_ENTRIES,
    MONTHLY_STATEMENTS,
    PARTNER_COMMISSION_STATEMENTS,
)
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import encode_value
from aurora_pipeline.store.frames import exact_rows
from aurora_pipeline.store.merkle import merkle_root

_ENTRIES: Final[Mapping[str, Table]] = {MONTHLY_STATEMENTS.name: MONTHLY_ENTRIES, EPOCH_PAYABLES.name: EPOCH_ENTRIES}


def verify_payables(
    connection: Connection,
    snapshots: Sequence[Snapshot],
    frames: Mapping[int, pl.DataFrame],
    upstream: Mapping[str, Snapshot],
    findings: Findings,
) -> None:
    """Recompute what each statement with balances says of itself, and compare those that were stated."""
    for snapshot in snapshots:
        if snapshot.table.name not in _ENTRIES:
            continue
        submitted = _submitted(connection, snapshot)
        of_epochs = _epoch_statements(connection, snapshot, upstream)
        entries = _entries_digests(connection, snapshot)
        for row in exact_rows(snapshot.table, frames[snapshot.snapshot_id]):
            where = f"{snapshot.name}, statement {row['statement_id']} of {row['partner_id']}"
            _verify_arithmetic(row, where, findings)
            problem = "its digest is not that of what it says"
            own = statement_digest(snapshot.table, row)
            findings.equal(Checked.STATEMENT, where, problem, str(row["statement_digest"]), own)
            pinned = submitted.get(str(row["statement_id"]))
            if pinned is not None and pinned[0] != snapshot.snapshot_id and pinned[1] == row["statement_digest"]:
                findings.ok(Checked.STATEMENT)  # its lines are checked where it was submitted
                continue
            digests = [d for partner, d in of_epochs if partner == row["partner_id"]]
            problem = "the lines of its periods are not those it commits to"
            root = merkle_root(map(encode_value, digests))
            findings.equal(Checked.STATEMENT, where, problem, str(row["lines_digest"]), root)
            found = entries.get(str(row["partner_id"]), {merkle_root([])})
            if row["entries_digest"] not in found and row["entries_digest"] != merkle_root([]):
                findings.fail(Checked.STATEMENT, where, "no entries have the digest it commits to")


def _verify_arithmetic(row: Mapping[str, Any], where: str, findings: Findings) -> None:
    parts = (row["opening"] or 0) + row["lines"] + row["top_ups"] + row["adjustments"]
    findings.equal(Checked.STATEMENT, where, "it does not add up", str(row["known_total"]), str(parts))
    if row["payable"] is not None:
        left = row["known_total"] - row["payable"]
        findings.equal(Checked.STATEMENT, where, "what it carries on is wrong", str(row["closing"]), str(left))


def _submitted(connection: Connection, snapshot: Snapshot) -> dict[str, tuple[int, str]]:
    """By statement, the snapshot that was submitted last and the digest that was seen."""
    rows = connection.execute(
        """SELECT DISTINCT ON (statement_id) statement_id::text AS statement_id, snapshot_id, statement_digest
           FROM statement_submissions WHERE chain_id = %s AND period = %s ORDER BY statement_id, attempt DESC""",
        [snapshot.key.chain_id, snapshot.key.period],
    )
    return {row["statement_id"]: (row["snapshot_id"], row["statement_digest"]) for row in rows}


def _epoch_statements(
    connection: Connection, snapshot: Snapshot, upstream: Mapping[str, Snapshot]
) -> list[tuple[str, str]]:
    """Partner and lines digest of the EPOCH statements that a snapshot is made of, in the order of their periods."""
    named = [upstream[item.digest] for item in snapshot.inputs("snapshot") if item.digest in upstream]
    statements = {one.snapshot_id: one for one in named if one.table.name == PARTNER_COMMISSION_STATEMENTS.name}
    months = {
        row["key"]
        for row in connection.execute(
            """SELECT chain_id || ':' || period_of(epoch) AS key FROM period_months
               WHERE chain_id = %s AND %s IN (month, period_of(epoch))""",
            [snapshot.key.chain_id, snapshot.key.period],
        )
    }
    own = sorted(
        (one for one in statements.values() if str(one.key) in months),
        key=lambda one: (len(one.key.period), one.key.period),
    )
    frames = rows_of(connection, PARTNER_COMMISSION_STATEMENTS, [one.snapshot_id for one in own])
    return [
        (str(row["partner_id"]), str(row["lines_digest"]))
        for one in own
        for row in frames[one.snapshot_id].select("partner_id", "lines_digest").iter_rows(named=True)
    ]


def _entries_digests(connection: Connection, snapshot: Snapshot) -> dict[str, set[str]]:
    """By partner, the digests over its entries in every snapshot of the same month or period."""
    table = _ENTRIES[snapshot.table.name]
    numbers = [one.snapshot_id for one in snapshots_of_period(connection, snapshot.key, [table])]
    found: dict[str, set[str]] = {}
    for frame in rows_of(connection, table, numbers).values():
        for partner, digest in entry_digests(table, frame.drop("salt", strict=False)).items():
            found.setdefault(partner, set()).add(digest)
    return found
