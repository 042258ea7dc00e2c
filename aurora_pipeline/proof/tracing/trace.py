"""Traces a line or a statement down to the bytes: through the very snapshots its lineage names, not what is newest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from aurora_pipeline.commissions.formula import formula as line_formula
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES, LineKind
from aurora_pipeline.pnl.tables import VALIDATOR_PNL, Component
from aurora_pipeline.proof.snapshot_records import Snapshot
from aurora_pipeline.proof.tracing.commission_inputs import (
    earlier_nodes,
    introduced_nodes,
    terms_in_words,
    terms_node,
    weight_nodes,
)
from aurora_pipeline.proof.tracing.components import explained
from aurora_pipeline.proof.tracing.lookup import find
from aurora_pipeline.proof.tracing.node import NodeKind, TraceNode, render
from aurora_pipeline.proof.tracing.payable_trace import payable_with_id, trace_payable
from aurora_pipeline.proof.tracing.reader import Row, TraceReader
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection

__all__ = ["TraceNode", "render", "trace", "trace_line", "trace_statement"]

_SUMMANDS_SHOWN = 12


def trace(connection: Connection, identifier: str, as_of: datetime | None = None) -> TraceNode:
    """Trace the line or statement whose id is, or begins with, `identifier`, as it is or was at a past moment.

    A statement with balances goes before the EPOCH statement of the same id.
    """
    payable = payable_with_id(connection, identifier, as_of)
    if payable is not None:
        return trace_payable(connection, payable)
    place = find(connection, identifier, PARTNER_COMMISSION_LINES, PARTNER_COMMISSION_STATEMENTS, as_of=as_of)
    if place.table is PARTNER_COMMISSION_LINES:
        return trace_line(connection, place.identifier, as_of)
    return trace_statement(connection, place.identifier, as_of)


def trace_line(connection: Connection, line_id: str, as_of: datetime | None = None) -> TraceNode:
    """Trace the commission line whose id is, or begins with, `line_id`."""
    place = find(connection, line_id, PARTNER_COMMISSION_LINES, as_of=as_of)
    reader = TraceReader(connection)
    snapshot = reader.snapshot(place.snapshot_id)
    (row,) = reader.rows(snapshot, line_id=place.identifier)
    line = _line(reader, snapshot, row, place.standing)
    return replace(line, children=(*line.children, *reader.period(snapshot)))


def trace_statement(connection: Connection, statement_id: str, as_of: datetime | None = None) -> TraceNode:
    """Trace the statement whose id is, or begins with, `statement_id`, with every one of its lines."""
    place = find(connection, statement_id, PARTNER_COMMISSION_STATEMENTS, as_of=as_of)
    reader = TraceReader(connection)
    snapshot = reader.snapshot(place.snapshot_id)
    (row,) = reader.rows(snapshot, statement_id=place.identifier)
    below = reader.upstream(snapshot, PARTNER_COMMISSION_LINES)
    lines = [] if below is None else reader.rows(below, partner_id=row["partner_id"])
    return TraceNode(
        NodeKind.STATEMENT,
        f"statement {row['statement_id']} of {row['partner_name']} for {snapshot.key}",
        figure=reader.figure(snapshot.key.chain_id, row["lines_total"]),
        amount=row["lines_total"],
        unit=reader.unit(snapshot.key.chain_id),
        formula=_sum(row, lines),
        note=_note(row, place.standing),
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
        children=(
            *(_line(reader, below, line, None) for line in lines if below is not None),
            *reader.period(snapshot),
        ),
    )


def _sum(statement: Row, lines: list[Row]) -> str:
    due = [line["final"] for line in lines if line["final"] is not None and not line["held"]]
    summands = " + ".join(map(str, due)) if len(due) <= _SUMMANDS_SHOWN else f"sum of {len(due)} lines"
    text = f"{summands or 'no line is due'} = {sum(due)}"
    if statement["held_count"]:
        text += f"; {statement['held_count']} held ({statement['held_total']}) count 0"
    if statement["missing_count"]:
        text += f"; {statement['missing_count']} are missing, so there is no total"
    return text


def _line(reader: TraceReader, snapshot: Snapshot, row: Row, standing: str | None) -> TraceNode:
    whom = row["validator_key"] or "all its validators"
    wallet = f" for wallet {row['wallet_address']}" if row["wallet_address"] else ""
    what = row["component"] if row["kind"] == LineKind.LINE else f"{row['kind']} on {row['component']}"
    return TraceNode(
        NodeKind.LINE,
        f"line {row['line_id']}: {row['partner_id']}, {terms_in_words(row)}, {what} of {whom}{wallet}",
        figure=reader.figure(snapshot.key.chain_id, row["final"]),
        amount=row["final"],
        unit=reader.unit(snapshot.key.chain_id),
        formula=line_formula(row),
        note=_note(row, standing),
        digest=snapshot.first.lineage_digest,
        content_digest=snapshot.content_digest,
        children=(
            *_components(reader, snapshot, row),
            *weight_nodes(reader, snapshot, row),
            *introduced_nodes(reader, snapshot, row),
            *earlier_nodes(reader, snapshot, row),
            terms_node(reader, snapshot, row),
        ),
    )


def _components(reader: TraceReader, lines: Snapshot, line: Row) -> tuple[TraceNode, ...]:
    """What the line looks at and what pays it; a top-up is about no single validator."""
    pnl = reader.upstream(lines, VALIDATOR_PNL)
    if pnl is None or not line["validator_key"]:
        return ()
    # Clients' own rewards are no revenue of the operator's: then only what pays the line is.
    return (_component(reader, pnl, line["validator_key"], Component(line["funded_by"])),)


def _component(reader: TraceReader, pnl: Snapshot, validator_key: str, component: Component) -> TraceNode:
    (row,) = reader.rows(pnl, validator_key=validator_key)
    state, reason = row[f"{component.column}_state"], row[f"{component.column}_reason"]
    formula, children = explained(reader, pnl, validator_key, component)
    return TraceNode(
        NodeKind.COMPONENT,
        f"{component} of {row['name']} ({validator_key}) in {VALIDATOR_PNL.name}",
        figure=reader.figure(pnl.key.chain_id, row[component.column]),
        amount=row[component.column],
        unit=reader.unit(pnl.key.chain_id),
        formula=f"{component.column} = {formula}",
        note=_note({"state": state, "reason": reason}, None),
        digest=pnl.first.lineage_digest,
        content_digest=pnl.content_digest,
        children=children,
    )


def _note(row: dict[str, Any], standing: str | None) -> str | None:
    parts = [] if standing in {None, "in force"} else [f"this snapshot is {standing}"]
    if row.get("held"):
        parts.append("held")
    if row["state"] != "final":
        parts.append(row["state"])
    if row["reason"]:
        parts.append(row["reason"])
    return "; ".join(parts) or None
