"""A partner's own decisions: its name, wallets, agreements and overrides, each as lineages name it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from psycopg import sql

from aurora_pipeline.agreements.tables import (
    AGREEMENT_EVENTS,
    AGREEMENT_RULE_TIERS,
    AGREEMENT_RULES,
    AGREEMENT_VERSIONS,
    AGREEMENTS,
    COMMISSION_OVERRIDES,
    PARTNER_MINIMUMS,
    PARTNER_SERIES,
    PARTNER_WALLETS,
    PARTNERS,
)
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.proof.bundle.documents import Row, text_of
from aurora_pipeline.statements.decided import STATEMENT_OPENINGS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.row_amounts import with_amounts

_BY_PARTNER: Final = "partner_id = %(partner)s"
_BY_AGREEMENT: Final = "agreement_id IN (SELECT agreement_id FROM agreements WHERE partner_id = %(partner)s)"
TABLES: Final = (
    PARTNERS,
    PARTNER_SERIES,
    PARTNER_MINIMUMS,
    PARTNER_WALLETS,
    AGREEMENTS,
    AGREEMENT_VERSIONS,
    AGREEMENT_RULES,
    AGREEMENT_RULE_TIERS,
    AGREEMENT_EVENTS,
    COMMISSION_OVERRIDES,
    STATEMENT_OPENINGS,
)
"""In the order of a bundle's lists."""


class OwnTerms:
    """Every decision about a partner, and which of them a bundle shows."""

    def __init__(self, connection: Connection, partner_id: str) -> None:
        self._rows = {table.name: _read(connection, table, partner_id) for table in TABLES}
        self._named = {item: row for rows in self._rows.values() for item, row in rows}
        self._shown: set[Input] = set()

    def show(self, item: Input) -> bool:
        """Whether an input of a lineage is the partner's own; then it is shown."""
        if item not in self._named:
            return False
        self._shown.add(item)
        return True

    def row(self, item: Input) -> dict[str, Any]:
        """The decision that an input names."""
        return self._named[item]

    def listed(self) -> dict[str, list[Row]]:
        """The lists of agreements.json."""
        return {
            table.name: [_told(table, row) for item, row in self._rows[table.name] if item in self._shown]
            for table in TABLES
        }


def _read(connection: Connection, table: Table, partner_id: str) -> Sequence[tuple[Input, dict[str, Any]]]:
    names = sql.SQL(", ").join(map(sql.Identifier, table.names))
    key = sql.SQL(", ").join(map(sql.Identifier, table.key))
    own = _BY_PARTNER if "partner_id" in table.names else _BY_AGREEMENT
    query = sql.SQL(f"SELECT {{}} FROM {{}} WHERE {own} ORDER BY {{}}").format(names, sql.Identifier(table.name), key)
    rows = [with_amounts(row, table.amounts) for row in connection.execute(query, {"partner": partner_id})]
    return [(decision_input(table, row), row) for row in rows]


def _told(table: Table, row: dict[str, Any]) -> Row:
    return {column.name: text_of(row[column.name]) for column in table.digested}
