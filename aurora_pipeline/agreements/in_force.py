"""Which terms were in force at an instant, as known now or at a past moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import sql

from aurora_pipeline.agreements.tables import (
    AGREEMENT_EVENTS,
    AGREEMENT_RULES,
    AGREEMENT_VERSIONS,
    AGREEMENTS,
    PARTNERS,
    Basis,
    Method,
    Status,
)
from aurora_pipeline.agreements.terms import AgreementInForce, Partner, Rule, Terms
from aurora_pipeline.periods.dated import decision_input
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table

Row = dict[str, Any]

_EVENTS = """
SELECT DISTINCT ON (agreement_id) {columns} FROM agreement_events
WHERE effective_from <= %(instant)s AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY agreement_id, effective_from DESC, event_number DESC
"""
_VERSIONS = """
SELECT DISTINCT ON (agreement_id) {columns} FROM agreement_versions
WHERE agreement_id = ANY(%(active)s)
  AND valid_from <= %(instant)s AND (valid_until IS NULL OR valid_until > %(instant)s)
  AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY agreement_id, version DESC
"""
_RULES = """
SELECT {columns} FROM agreement_rules
JOIN unnest(%(agreements)s::text[], %(versions)s::bigint[]) AS wanted(agreement_id, version)
     USING (agreement_id, version)
WHERE chain_id = %(chain_id)s ORDER BY agreement_id, rule_order
"""
_AGREEMENTS = "SELECT {columns} FROM agreements WHERE agreement_id = ANY(%(concerned)s) ORDER BY agreement_id"
_PARTNERS = """
SELECT DISTINCT ON (partner_id) {columns} FROM partners
WHERE partner_id = ANY(%(partners)s) AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
ORDER BY partner_id, revision DESC
"""


def terms_in_force(connection: Connection, chain_id: str, instant: datetime, as_of: datetime | None = None) -> Terms:
    """The agreements with a rule on the chain that were ACTIVE at the instant, with the version then in force.

    `as_of` answers as it would have been answered at that past moment. For a period, ask for its `last_instant`.
    """
    if as_of is not None:
        connection.execute("SELECT await_moment(%s)", [as_of])

    def read(table: Table, query: str, **values: object) -> list[Row]:
        columns = sql.SQL(", ").join(sql.Identifier(name) for name in table.names)
        composed = sql.SQL(query).format(columns=columns)
        return connection.execute(composed, {"instant": instant, "as_of": as_of, **values}).fetchall()

    # Whatever a row refers to was committed with it or before: read in this order, nothing is found half told.
    events = {row["agreement_id"]: row for row in read(AGREEMENT_EVENTS, _EVENTS) if row["status"] == Status.ACTIVE}
    versions = {row["agreement_id"]: row for row in read(AGREEMENT_VERSIONS, _VERSIONS, active=list(events))}
    rules = defaultdict(list)
    numbers = [row["version"] for row in versions.values()]
    for row in read(AGREEMENT_RULES, _RULES, agreements=list(versions), versions=numbers, chain_id=chain_id):
        rules[row["agreement_id"]].append(row)
    agreements = read(AGREEMENTS, _AGREEMENTS, concerned=list(rules))
    partners = read(PARTNERS, _PARTNERS, partners=[row["partner_id"] for row in agreements])
    rows_read: list[tuple[Table, Sequence[Row]]] = [
        (PARTNERS, partners),
        (AGREEMENTS, agreements),
        (AGREEMENT_VERSIONS, [versions[agreement_id] for agreement_id in rules]),
        (AGREEMENT_EVENTS, [events[agreement_id] for agreement_id in rules]),
        (AGREEMENT_RULES, [row for rows in rules.values() for row in rows]),
    ]
    return Terms(
        chain_id,
        instant,
        tuple(Partner(row["partner_id"], row["name"]) for row in partners),
        tuple(
            AgreementInForce(
                row["agreement_id"],
                row["partner_id"],
                versions[row["agreement_id"]]["version"],
                tuple(rule_of(rule) for rule in rules[row["agreement_id"]]),
            )
            for row in agreements
        ),
        tuple(decision_input(table, row) for table, rows in rows_read for row in rows),
    )


def rule_of(row: Row) -> Rule:
    """One row of agreement_rules as a rule."""
    return Rule(
        row["rule_key"],
        row["rule_order"],
        row["chain_id"],
        row["validator_key"],
        Component(row["revenue_component"]),
        Method(row["attribution_method"]),
        row["commission_rate_bps"],
        Basis(row["basis"]),
        row["stacks"],
    )
