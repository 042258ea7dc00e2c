"""Finds a line or statement by its id or the beginning of it, in the snapshot that counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.errors import IdAmbiguous, IdUnknown, NotUnderstood
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table

_BEGINNING = re.compile(r"[0-9a-f]{4,32}\Z")
_SHOWN = 8
_ID_COLUMNS = {PARTNER_COMMISSION_LINES.name: "line_id", PARTNER_COMMISSION_STATEMENTS.name: "statement_id"}
_LISTED_BY = {
    PARTNER_COMMISSION_LINES.name: "aurora lines CHAIN EPOCH",
    PARTNER_COMMISSION_STATEMENTS.name: "aurora statements list` and `aurora statements epochs",
}


@dataclass(frozen=True)
class FoundRow:
    """Where a row is, and how that snapshot stands."""

    table: Table
    identifier: str
    snapshot_id: int
    standing: str


def find(connection: Connection, beginning: str, *tables: Table, as_of: datetime | None = None) -> FoundRow:
    """The row whose id begins so: in force if it is, or was at a past moment, else as last written.

    Raises where none or several do.
    """
    hexadecimal = beginning.strip().lower().replace("-", "")
    if not _BEGINNING.match(hexadecimal):
        raise NotUnderstood(
            f"{beginning!r} is no id or beginning of one",
            "give at least 4 characters of an id like 3f2a91c0-77de-5d0e-9a8b-0c1d2e3f4a5b; `aurora lines CHAIN EPOCH`"
            " and `aurora statements list` show them",
        )
    found = {table: _rows(connection, table, hexadecimal, as_of) for table in tables}
    places = [(table, identifier) for table, rows in found.items() for identifier in rows]
    what = " or ".join("line" if table is PARTNER_COMMISSION_LINES else "statement" for table in tables)
    if not places:
        listing = ", ".join(f"`{_LISTED_BY[table.name]}`" for table in tables)
        raise IdUnknown(f"no {what} has an id that begins with {beginning!r}", f"ids are listed by {listing}")
    if len(places) > 1:
        shown = [found[table][identifier]["words"] for table, identifier in places[:_SHOWN]]
        more = [f"and {len(places) - _SHOWN} more"] if len(places) > _SHOWN else []
        raise IdAmbiguous(
            f"{len(places)} ids begin with {beginning!r}:\n  " + "\n  ".join([*shown, *more]),
            "give more of the id",
        )
    ((table, identifier),) = places
    row = found[table][identifier]
    return FoundRow(table, identifier, row["snapshot_id"], row["standing"])


def _rows(connection: Connection, table: Table, hexadecimal: str, as_of: datetime | None) -> dict[str, dict[str, Any]]:
    """By id, the newest of the rows that stand best."""
    column = _ID_COLUMNS[table.name]
    words = (
        "concat_ws(' ', t.line_id, t.partner_id, t.agreement_id || '/' || t.rule_key, t.component, t.validator_key)"
        if table is PARTNER_COMMISSION_LINES
        else "concat_ws(' ', t.statement_id, t.partner_id)"
    )
    rows = connection.execute(
        f"""SELECT DISTINCT ON (t.{column}) t.{column}::text AS identifier, t.snapshot_id, s.standing,
                   concat_ws(' ', {words}, t.chain_id || ':' || period_of(t.epoch)) AS words
            FROM layers.{table.name} t JOIN snapshot_states s USING (snapshot_id)
            WHERE t.{column} BETWEEN %s::uuid AND %s::uuid
              AND (%s::timestamptz IS NULL OR t.snapshot_id IN (SELECT snapshot_id FROM in_force_as_of(%s)))
            ORDER BY t.{column}, array_position(ARRAY['in force', 'superseded', 'rejected'], s.standing),
                     t.snapshot_id DESC""".encode(),
        [hexadecimal.ljust(32, "0"), hexadecimal.ljust(32, "f"), as_of, as_of],
    ).fetchall()
    return {row["identifier"]: row for row in rows}
