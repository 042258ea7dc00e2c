"""Statements as their partner reads them with a login of its own: what was released to it, and no more.

Nothing is read but the views of released statements, and what a partner sees of payments, disputes and chains.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.config.coin import RecordedCoin
from aurora_pipeline.config.families import Family
from aurora_pipeline.foundation.errors import IdAmbiguous
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import MonthKey, parse_key
from aurora_pipeline.statements.documents import PayableStatement, Row, StatementDocument, begins_so
from aurora_pipeline.statements.errors import StatementUnknown
from aurora_pipeline.statements.history import Dispute
from aurora_pipeline.statements.released import StatementPart
from aurora_pipeline.statements.stated import Stage, stage_of
from aurora_pipeline.statements.tables import EPOCH_ENTRIES, EPOCH_PAYABLES, MONTHLY_ENTRIES, MONTHLY_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.row_amounts import with_amounts

_OPERATOR: Final = "the operator"
_STATEMENTS: Final = f"""
SELECT s.*, a.snapshot_id AS own_snapshot, b.snapshot_id AS entries_snapshot,
       (SELECT coalesce(sum(p.amount), 0) FROM statement_payments p
        WHERE p.statement_id = s.statement_id
          AND (%(as_of)s::timestamptz IS NULL OR p.recorded_at <= %(as_of)s)) AS paid
FROM released_statements s
JOIN released_snapshots a ON a.statement_id = s.statement_id AND a.part = '{StatementPart.STATEMENT}'
JOIN released_snapshots b ON b.statement_id = s.statement_id AND b.part = '{StatementPart.ENTRIES}'
WHERE (%(chain_id)s::text IS NULL OR s.chain_id = %(chain_id)s)
  AND (%(as_of)s::timestamptz IS NULL OR s.released_at <= %(as_of)s)
ORDER BY s.chain_id, s.ended_at, s.period
"""
_LINES: Final = """
SELECT * FROM released_statement_lines WHERE statement_id = %s
ORDER BY validator_key, component, agreement_id, rule_key, epoch, wallet_address, kind
"""
_ENTRIES: Final = """
SELECT * FROM released_statement_entries WHERE statement_id = %s
ORDER BY kind DESC, length(source_period), source_period, agreement_id, rule_key, validator_key, wallet_address
"""
_DISPUTES: Final = """
SELECT d.statement_id::text AS statement_id, s.partner_id, s.chain_id, s.period, d.line_id::text AS line_id, d.stated,
       d.claimed, coalesce(d.on_behalf_of, s.partner_name) AS raised_by, d.recorded_at AS raised_at, d.on_behalf_of,
       d.reason AS why, coalesce(a.verdict, 'OPEN') AS state, CASE WHEN a.line_id IS NOT NULL THEN %(operator)s END
       AS answered_by, a.recorded_at AS answered_at, a.reason AS answer, a.settled_by
FROM statement_disputes d
JOIN released_statements s ON s.statement_id = d.statement_id
LEFT JOIN statement_dispute_answers a ON (a.statement_id, a.line_id) = (d.statement_id, d.line_id)
     AND (%(as_of)s::timestamptz IS NULL OR a.recorded_at <= %(as_of)s)
WHERE s.chain_id = %(chain_id)s AND s.number = ANY(%(numbers)s)
  AND (%(as_of)s::timestamptz IS NULL OR d.recorded_at <= %(as_of)s)
ORDER BY d.recorded_at
"""
_COINS: Final = "SELECT chain_id, family, native_unit, native_decimals FROM chains"


def coins_of_released(connection: Connection) -> dict[str, RecordedCoin]:
    """The chains on which anything was released to the partner, and what each counts in."""
    rows = connection.execute(_COINS).fetchall()
    return {
        row["chain_id"]: RecordedCoin(
            row["chain_id"], Family(row["family"]), row["native_unit"], row["native_decimals"]
        )
        for row in rows
    }


def released_to_partner(
    connection: Connection, chain_id: str | None = None, as_of: datetime | None = None
) -> list[PayableStatement]:
    """What was released to the partner whose login this is, by chain and time; now, or by a past moment."""
    given = {"chain_id": chain_id, "as_of": as_of}
    return [_released(row) for row in connection.execute(_STATEMENTS.encode(), given).fetchall()]


def _released(row: dict[str, Any]) -> PayableStatement:
    key = parse_key(f"{row['chain_id']}:{row['period']}")
    table = MONTHLY_STATEMENTS if isinstance(key, MonthKey) else EPOCH_PAYABLES
    told = with_amounts({**dict.fromkeys(table.names), **row, **key.columns}, table.amounts)
    paid = stored_amount(row["paid"])
    stage = stage_of(is_approved=True, is_released=True, paid=paid, payable=told["payable"])
    step = "the operator pays it" if stage is Stage.RELEASED and paid < told["payable"] else "nothing"
    own = {name: told[name] for name in table.names}
    return PayableStatement(own, table, row["own_snapshot"], row["entries_snapshot"], stage, None, paid, step)


def find_released(connection: Connection, text: str, as_of: datetime | None = None) -> PayableStatement:
    """The released statement that a partner names: by its id or the id's beginning, or as PARTNER/CHAIN/PERIOD."""
    every = released_to_partner(connection, as_of=as_of)
    wanted = text.strip().casefold()
    named = [one for one in every if wanted in _names(one)]
    found = named or [one for one in every if begins_so(text, [one.statement_id])]
    if len(found) == 1:
        return found[0]
    if not found:
        raise StatementUnknown(
            f"no statement {text!r} was released to you",
            "`aurora statements list` shows those that were: give at least 4 characters of an id, or PARTNER CHAIN"
            " MONTH",
        )
    shown = ", ".join(one.statement_id[:13] for one in found[:5])
    raise IdAmbiguous(f"{len(found)} statements have ids that begin with {text!r}", f"give more of it: {shown}")


def _names(one: PayableStatement) -> set[str]:
    place = f"{one.row['partner_id']}/{one.key.chain_id}/"
    return {f"{place}{period}".casefold() for period in (one.key.period, one.key.period.lstrip("0"))}


def released_document(connection: Connection, statement: PayableStatement) -> StatementDocument:
    """A released statement with its lines and entries, without names of validators and reasons in words."""
    entries = EPOCH_ENTRIES if statement.table is EPOCH_PAYABLES else MONTHLY_ENTRIES
    beside = {**statement.key.columns, "validator_name": None, "reason": None}
    of = [statement.statement_id]
    stated = _rows(connection, _LINES, of, PARTNER_COMMISSION_LINES, {"validator_name": None, "reason": None})
    return StatementDocument(statement, stated, _rows(connection, _ENTRIES, of, entries, beside), [])


def _rows(connection: Connection, query: str, of: Sequence[str], table: Table, beside: dict[str, Any]) -> list[Row]:
    rows = connection.execute(query.encode(), of).fetchall()
    return [
        {name: value for name, value in with_amounts({**row, **beside}, table.amounts).items() if name in _kept(table)}
        for row in rows
    ]


def _kept(table: Table) -> set[str]:
    return {*table.names, "validator_name"}


def released_disputes(
    connection: Connection, statement: PayableStatement, as_of: datetime | None = None
) -> list[Dispute]:
    """The disputes of a statement and of the one before it, in both sides' words."""
    number = statement.row["number"]
    given = {
        "chain_id": statement.key.chain_id,
        "numbers": [number, number - 1],
        "as_of": as_of,
        "operator": _OPERATOR,
    }
    rows = connection.execute(_DISPUTES.encode(), given).fetchall()
    return [Dispute(**with_amounts(row, ("claimed", "stated"))) for row in rows]
