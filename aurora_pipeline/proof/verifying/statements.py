"""Checks statements against the very lines they were computed from: the digest over a partner's lines, and the sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.proof.snapshot_records import Snapshot, rows_of
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import leaves, sorted_by_key
from aurora_pipeline.store.merkle import merkle_root


def verify_statements(
    connection: Connection,
    snapshots: Sequence[Snapshot],
    frames: Mapping[int, pl.DataFrame],
    upstream: Mapping[str, Snapshot],
    findings: Findings,
) -> None:
    """Recompute each statement's lines digest and totals from the lines snapshot its lineage names."""
    for snapshot in snapshots:
        lines = lines_snapshot(snapshot, upstream)
        if snapshot.table.name != PARTNER_COMMISSION_STATEMENTS.name or lines is None:
            continue
        rows = frames.get(lines.snapshot_id)
        if rows is None:
            rows = rows_of(connection, lines.table, [lines.snapshot_id])[lines.snapshot_id]
        for statement in frames[snapshot.snapshot_id].iter_rows(named=True):
            _verify_statement(snapshot, statement, rows, findings)


def lines_snapshot(statements: Snapshot, upstream: Mapping[str, Snapshot]) -> Snapshot | None:
    """The snapshot of lines that statements were computed from."""
    for item in statements.inputs("snapshot"):
        found = upstream.get(item.digest)
        if found is not None and found.table.name == PARTNER_COMMISSION_LINES.name:
            return found
    return None


def _verify_statement(
    snapshot: Snapshot, statement: dict[str, object], lines: pl.DataFrame, findings: Findings
) -> None:
    own = sorted_by_key(PARTNER_COMMISSION_LINES, lines.filter(pl.col("partner_id") == statement["partner_id"]))
    where = f"{snapshot.name}, statement {statement['statement_id']} of {statement['partner_id']}"
    digest = merkle_root(leaves(PARTNER_COMMISSION_LINES, own))
    problem = "its lines are not those it commits to"
    findings.equal(Checked.STATEMENT, where, problem, statement["lines_digest"], digest)
    due = own.filter(pl.col("final").is_not_null() & ~pl.col("held"))
    known = int(due["final"].sum() or 0)
    findings.equal(
        Checked.STATEMENT, where, "its lines sum to something else", str(statement["known_total"]), str(known)
    )
