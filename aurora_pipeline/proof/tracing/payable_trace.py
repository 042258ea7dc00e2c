"""Traces a statement with balances: the EPOCH statements it is made of, its entries, and who decided."""

from __future__ import annotations

from datetime import datetime

from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode
from aurora_pipeline.proof.tracing.reader import TraceReader
from aurora_pipeline.statements.documents import PayableStatement, document, in_words, payable_statements
from aurora_pipeline.statements.history import events_of
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection

_ID_MIN, _ID_SHOWN = 4, 8


def payable_with_id(connection: Connection, beginning: str, as_of: datetime | None) -> PayableStatement | None:
    """The one statement with balances whose id begins so; none, or several, is nothing."""
    wanted = beginning.strip().lower()
    if len(wanted) < _ID_MIN:
        return None
    chains = [row["chain_id"] for row in connection.execute("SELECT chain_id FROM chains ORDER BY chain_id").fetchall()]
    every = [one for chain_id in chains for one in payable_statements(connection, chain_id, as_of=as_of)]
    found = [one for one in every if one.is_payable or "month" in one.row]
    found = [one for one in found if one.statement_id.startswith(wanted)]
    return found[0] if len(found) == 1 else None


def trace_payable(connection: Connection, statement: PayableStatement) -> TraceNode:
    """What a statement is made of. Each EPOCH statement, and each line, is traced by a command of its own."""
    reader = TraceReader(connection)
    snapshot = reader.snapshot(statement.snapshot_id)
    row, chain_id = statement.row, statement.key.chain_id
    decided = "; ".join(f"{one.what} by {one.recorded_by}" for one in events_of(connection, statement.statement_id))
    return TraceNode(
        NodeKind.STATEMENT,
        f"statement {statement.statement_id} of {row['partner_name']} for {statement.key}",
        figure=reader.figure(chain_id, row["known_total"]),
        amount=row["known_total"],
        unit=reader.unit(chain_id),
        formula=f"opening {row['opening'] or 0} + lines {row['lines']} + top-ups {row['top_ups']}"
        f" + adjustments {row['adjustments']} = {row['known_total']};"
        f" payable {row['payable'] or 0}, closing {row['closing'] or 0}",
        note="; ".join(part for part in (str(statement.stage), decided, row["reason"]) if part),
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
        children=(*_epochs(connection, reader, snapshot, statement), *_entries(connection, reader, statement)),
    )


def _epochs(
    connection: Connection, reader: TraceReader, snapshot: Snapshot, statement: PayableStatement
) -> list[TraceNode]:
    months = {
        row["epoch"]: row["month"]
        for row in connection.execute(
            "SELECT epoch, month FROM period_months WHERE chain_id = %s", [statement.key.chain_id]
        )
    }
    found: list[TraceNode] = []
    for below in reader.named(snapshot, PARTNER_COMMISSION_STATEMENTS):
        epoch = int(below.key.period)
        if statement.key.period not in (months.get(epoch), below.key.period):
            continue
        for row in reader.rows(below, partner_id=statement.row["partner_id"]):
            found.append(
                TraceNode(
                    NodeKind.STATEMENT,
                    f"EPOCH statement {row['statement_id']} for {below.key}",
                    figure=reader.figure(below.key.chain_id, row["known_total"]),
                    amount=row["known_total"],
                    unit=reader.unit(below.key.chain_id),
                    formula=f"sum of {row['line_count']} lines, digest {row['lines_digest']}",
                    note=f"its lines: `aurora trace {str(row['statement_id'])[:_ID_SHOWN]}`",
                    digest=below.first.lineage_digest,
                    content_digest=below.content_digest,
                )
            )
    return found


def _entries(connection: Connection, reader: TraceReader, statement: PayableStatement) -> list[TraceNode]:
    return [
        TraceNode(
            NodeKind.LINE,
            f"{entry['kind']} {entry['entry_id']}: {in_words(entry)}",
            figure=reader.figure(statement.key.chain_id, entry["amount"]),
            amount=entry["amount"],
            unit=reader.unit(statement.key.chain_id),
            formula=None if entry["stated"] is None else f"now {entry['now']} - stated {entry['stated']}",
            note="; ".join(part for part in (entry["cause"], entry["reason"]) if part) or None,
        )
        for entry in document(connection, statement).entries
    ]
