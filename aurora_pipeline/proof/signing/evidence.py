"""Evidence of snapshots that released statements rest on: written before a checkpoint, recomputed by verifying.

What it is for and how it is encoded: docs/bundles.md, sections 5 and 6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl
import psycopg
from psycopg import sql

from aurora_pipeline.canonical.tables import POSITIONS, REWARDS
from aurora_pipeline.commissions.tables import COMMISSION_RULE_RESULTS, PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.errors import PeriodsMovedOut
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.pnl.tables import VALIDATOR_PNL
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.proof.signing.evidence_leaves import (
    LinesBelow,
    SaltedLeaf,
    ShownFigure,
    cell_leaves,
    cells,
    evidence_salt,
    input_leaves,
    root_of,
    withheld_leaves,
)
from aurora_pipeline.proof.snapshot_records import Snapshot, rows_of, snapshots_by_id, snapshots_by_lineage
from aurora_pipeline.statements.released import StatementPart
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection, insert_rows
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.evidence import evidence_hash, evidence_rows
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.layer_rows import instance_secret
from aurora_pipeline.store.row_amounts import with_amounts
from aurora_pipeline.tables import LAYER_TABLES

_BELOW: Final = (VALIDATOR_PNL, POSITIONS, REWARDS)
_EARLIER: Final = frozenset({COMMISSION_RULE_RESULTS.name, PARTNER_COMMISSION_LINES.name})


@dataclass(frozen=True)
class EvidenceLeaves:
    """All leaves of one snapshot's evidence, and what each is of."""

    salt: str
    inputs: Sequence[SaltedLeaf]
    """In the order of the snapshot's inputs."""
    figures: Sequence[ShownFigure]
    held: Sequence[str]
    """The ids of held lines, which stand behind the figures."""
    cells: Sequence[SaltedLeaf]
    """Of the figures and the held lines."""

    @property
    def roots(self) -> dict[str, str]:
        """What the table says of it."""
        return {"salt": self.salt, "inputs_root": root_of(self.inputs), "cells_root": root_of(self.cells)}


def write_evidence(connection: Connection) -> int:
    """Write what evidence released statements still lack; how much that was. Needs the instance's secret."""
    due = _due(connection)
    if not due:
        return 0
    secret = instance_secret(connection)
    connection.execute("SELECT record_instant()")  # whoever else writes evidence waits: numbers have no gaps
    due = _due(connection)
    last = max((row["evidence_id"] for row in evidence_rows(connection)), default=0)
    rows = []
    for number, one in enumerate(sorted(due, key=lambda one: one.snapshot_id), last + 1):
        row: dict[str, Any] = {"evidence_id": number, "snapshot_id": one.snapshot_id}
        row |= evidence_of(connection, one, _seed(secret, one)).roots
        rows.append({**row, "entry_hash": evidence_hash({**row, **_named(one)})})
    insert_rows(connection, "evidence", rows)
    return len(rows)


def evidence_of(connection: Connection, snapshot: Snapshot, salt: str) -> EvidenceLeaves:
    """The leaves of a snapshot's evidence; figures are those that lines rest on."""
    read = snapshot.first.inputs or ()
    inputs = input_leaves(salt, read)
    if snapshot.table.name != PARTNER_COMMISSION_LINES.name:
        return EvidenceLeaves(salt, inputs, (), (), ())
    figures = cells(figures_of(connection, snapshot), read)
    held = held_rows(connection, snapshot)
    leaves = [*cell_leaves(salt, figures), *withheld_leaves(salt, snapshot.table, held)]
    return EvidenceLeaves(salt, inputs, figures, [row["line_id"] for row in held], leaves)


def figures_of(connection: Connection, lines: Snapshot) -> LinesBelow:
    """The rows of the layers that lines were computed from."""
    named = {one.table.name: one for one in snapshots_below(connection, [lines]) if one.key == lines.key}
    frames = [_frame(connection, table, named.get(table.name)) for table in _BELOW]
    return LinesBelow(*frames)


def held_rows(connection: Connection, lines: Snapshot) -> list[dict[str, Any]]:
    """The held lines of a snapshot, by their ids, with amounts as integers."""
    names = sql.SQL(", ").join(map(sql.Identifier, lines.table.names))
    query = "SELECT {} FROM layers.partner_commission_lines WHERE snapshot_id = %s AND held ORDER BY line_id"
    rows = connection.execute(sql.SQL(query).format(names), [lines.snapshot_id])
    return [{**with_amounts(row, lines.table.amounts), "line_id": str(row["line_id"])} for row in rows]


def snapshots_below(connection: Connection, snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    """The snapshots that some snapshots name as their inputs."""
    digests = {item.digest for one in snapshots for item in one.inputs("snapshot")}
    return snapshots_by_lineage(connection, digests, LAYER_TABLES)


def snapshots_proving(connection: Connection, statements: Collection[int], lines: Collection[int]) -> list[Snapshot]:
    """All that statements and their lines rest on, as far as a bundle shows it: down to the canonical layers."""
    stated, roots = (snapshots_by_id(connection, list(ids), LAYER_TABLES) for ids in (statements, lines))
    of_lines = {one.first.lineage_digest for one in roots}
    epochs = [
        one
        for one in snapshots_below(connection, stated)
        if one.table.name == PARTNER_COMMISSION_STATEMENTS.name
        and any(item.digest in of_lines for item in one.inputs("snapshot"))
    ]
    found = {one.snapshot_id: one for one in (*stated, *epochs, *roots)}
    periods = {one.key for one in roots}
    reached = roots
    while reached:
        below = [one for one in snapshots_below(connection, reached) if one.snapshot_id not in found]
        earlier = [one for one in below if one.table.name in _EARLIER]
        reached = [one for one in below if one.table.name not in _EARLIER and one.key in periods]
        found |= {one.snapshot_id: one for one in (*earlier, *reached)}
    return list(found.values())


def verify_evidence(
    connection: Connection, snapshots: Sequence[Snapshot], secret: bytes | None, findings: Findings
) -> None:
    """Recompute the evidence of some snapshots; without the secret, from the salt as it is stored."""
    rows = _recorded(connection, [one.snapshot_id for one in snapshots])
    for snapshot in snapshots:
        row = rows.get(snapshot.snapshot_id)
        if row is None or snapshot.first.inputs is None:
            continue
        where = f"evidence of {snapshot.name}"
        salt = row["salt"] if secret is None else _seed(secret, snapshot)
        findings.equal(Checked.EVIDENCE, where, "its salt is not the one of its snapshot", row["salt"], salt)
        problem = "its record is not the one that its hash commits to"
        findings.equal(Checked.EVIDENCE, where, problem, row["entry_hash"], evidence_hash({**row, **_named(snapshot)}))
        try:
            with connection.transaction():
                recomputed = evidence_of(connection, snapshot, salt).roots
        except psycopg.Error as error:
            moved = explained(error)
            if not isinstance(moved, PeriodsMovedOut):
                raise
            findings.note(Checked.EVIDENCE, where, f"not recomputed: {moved.message}")
            continue
        for name, what in (("inputs_root", "inputs"), ("cells_root", "figures")):
            problem = f"it commits to other {what} than the snapshot rests on"
            findings.equal(Checked.EVIDENCE, where, problem, row[name], recomputed[name])


def verify_evidence_inputs(connection: Connection, secret: bytes | None, findings: Findings) -> None:
    """Of all evidence, whether it is of its snapshot's inputs; figures are recomputed with their period."""
    rows = _recorded(connection, None)
    numbers = sorted(row["evidence_id"] for row in rows.values())
    if numbers != list(range(1, len(numbers) + 1)):
        findings.fail(Checked.EVIDENCE, "evidence", "its numbers have a gap: a row was removed or renumbered")
    for snapshot in snapshots_by_id(connection, list(rows), LAYER_TABLES):
        row = rows[snapshot.snapshot_id]
        salt = row["salt"] if secret is None else _seed(secret, snapshot)
        root = root_of(input_leaves(salt, snapshot.first.inputs or ()))
        where = f"evidence of {snapshot.name}"
        findings.equal(Checked.EVIDENCE, where, "its salt is not the one of its snapshot", row["salt"], salt)
        problem = "it commits to other inputs than the snapshot rests on"
        findings.equal(Checked.EVIDENCE, where, problem, row["inputs_root"], root)
        problem = "its record is not the one that its hash commits to"
        findings.equal(Checked.EVIDENCE, where, problem, row["entry_hash"], evidence_hash({**row, **_named(snapshot)}))


def _due(connection: Connection) -> list[Snapshot]:
    """The snapshots of released statements whose evidence is not written."""
    rows = connection.execute(
        """SELECT DISTINCT r.statement_id, r.snapshot_id, r.part FROM released_snapshots r
           WHERE r.part = ANY(%s) AND r.statement_id IN (
               SELECT o.statement_id FROM released_snapshots o WHERE o.part = ANY(%s)
                 AND NOT EXISTS (SELECT FROM evidence e WHERE e.snapshot_id = o.snapshot_id))""",
        [[StatementPart.STATEMENT, StatementPart.LINES]] * 2,
    ).fetchall()
    by_part = {
        part: {row["snapshot_id"] for row in rows if row["part"] == part}
        for part in (StatementPart.STATEMENT, StatementPart.LINES)
    }
    proving = snapshots_proving(connection, by_part[StatementPart.STATEMENT], by_part[StatementPart.LINES])
    written = _recorded(connection, [one.snapshot_id for one in proving])
    return [one for one in proving if one.snapshot_id not in written]


def _recorded(connection: Connection, numbers: Sequence[int] | None) -> Mapping[int, dict[str, Any]]:
    rows = connection.execute(
        """SELECT evidence_id, snapshot_id, salt, inputs_root, cells_root, entry_hash FROM evidence
           WHERE %(numbers)s::bigint[] IS NULL OR snapshot_id = ANY(%(numbers)s) ORDER BY snapshot_id""",
        {"numbers": numbers},
    )
    return {row["snapshot_id"]: row for row in rows}


def _named(snapshot: Snapshot) -> dict[str, str]:
    """What a record of evidence says of its snapshot."""
    key = {"asset": snapshot.table.name, "chain_id": snapshot.key.chain_id, "period": snapshot.key.period}
    digests = {"content_digest": snapshot.content_digest, "lineage_digest": snapshot.first.lineage_digest}
    return {**key, **digests}


def _seed(secret: bytes, snapshot: Snapshot) -> str:
    return evidence_salt(secret, snapshot.first.lineage_digest)


def _frame(connection: Connection, table: Table, snapshot: Snapshot | None) -> pl.DataFrame:
    if snapshot is None:
        return frame_of(table, [])
    return rows_of(connection, snapshot.table, [snapshot.snapshot_id])[snapshot.snapshot_id]
