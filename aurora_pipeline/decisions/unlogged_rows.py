"""Decisions that no entry of the audit log holds: nothing is computed from them, nor where a logged one is gone.

A row that somebody slipped into a table of decisions looks like any other. It may hide another one: a later revision
that ends a wallet is no input of any figure. So whole tables are compared, and the entries of all that is read.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from psycopg import sql

from aurora_pipeline.decisions.errors import DecisionsUnlogged
from aurora_pipeline.decisions.log import entries_at
from aurora_pipeline.decisions.rows import LoggedRow, row_digest, row_digests, row_name, rows_root
from aurora_pipeline.store.database import Connection, Database, read_frame, table_kinds
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input

_SHOWN: Final = 5
_LONG: Final = 500
"""From so many rows on a table is digested as a frame."""


def require_whole(database: Database, tables: Sequence[Table]) -> None:
    """Raise where some tables of decisions do not hold just the rows that the log says were written."""
    with database.connect() as connection:
        # A decision that is recorded meanwhile is seen with its entry or not at all.
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        unlogged, gone = differences(connection, tables)
        if _sees_some(connection):
            gone = []
    _refuse(unlogged, "stand in no entry of the audit log as they are now", "wrote or changed")
    _refuse(gone, "are in the audit log and not in their tables as they were written", "removed or changed")


def _sees_some(connection: Connection) -> bool:
    """Whether who acts is narrowed: of what is not seen nobody can say that it is gone."""
    row = connection.execute("SELECT access_is_narrowed() AS it").fetchone()
    return row is not None and bool(row["it"])


def require_logged(connection: Connection, inputs: Iterable[Input]) -> None:
    """Raise where a decision among the inputs is none that the log holds."""
    found = not_logged(connection, inputs)
    _refuse(found, "stand in no entry of the audit log as they are now", "wrote or changed")


def _refuse(found: Sequence[str], what: str, how: str) -> None:
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise DecisionsUnlogged(
            f"{len(found)} decision(s) {what}: "
            + "; ".join(found[:_SHOWN])
            + f"{more}. Nothing is computed or decided by them",
            f"somebody {how} these rows outside Aurora: run `aurora audit`, and find out who and why. The owner of the"
            " database puts the tables back as the log says (SECURITY.md); a true decision is recorded by its command",
        )


def differences(connection: Connection, tables: Sequence[Table]) -> tuple[list[str], list[str]]:
    """Rows of some tables that the log does not hold as they are, and rows that it holds and are not there, by name.

    It needs one view of the rows: a transaction that is REPEATABLE READ. What the entries commit to is not looked at.
    """
    names = {table.name for table in tables}
    logged: dict[str, Counter[str]] = {name: Counter() for name in names}
    named: dict[str, str] = {}
    for row in connection.execute(
        "SELECT row_name, row_digest FROM audit_rows WHERE split_part(row_name, ':', 1) = ANY(%s)", [list(names)]
    ):
        logged[row["row_name"].partition(":")[0]][row["row_digest"]] += 1
        named[row["row_digest"]] = row["row_name"]
    unlogged: list[str] = []
    for table in tables:
        left = logged[table.name]
        digests, row_at = _present(connection, table, is_long=left.total() > _LONG)
        for place, digest in enumerate(digests):
            if left[digest]:
                left[digest] -= 1
            else:
                unlogged.append(row_name(table, row_at(place)))
    gone = [named[digest] for left in logged.values() for digest in left.elements()]
    return sorted(unlogged), sorted(gone)


def _present(
    connection: Connection, table: Table, *, is_long: bool
) -> tuple[list[str], Callable[[int], Mapping[str, Any]]]:
    """What commits to each row of a table, and each row by its place."""
    kinds = table_kinds(table)
    columns = sql.SQL(", ").join(map(sql.Identifier, kinds))
    query = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(table.name))
    if is_long:
        frame = read_frame(connection, query, kinds)
        return row_digests(table, frame), lambda place: frame.row(place, named=True)
    # A frame takes ten milliseconds, however short it is.
    rows = connection.execute(query).fetchall()
    return [row_digest(table, row) for row in rows], lambda place: rows[place]


def not_logged(connection: Connection, inputs: Iterable[Input]) -> list[str]:
    """The decisions among the inputs, by name, that no unbroken entry of the log holds with this content."""
    wanted = {(item.name, item.digest) for item in inputs if item.kind == "decision"}
    if not wanted:
        return []
    rows = connection.execute(
        """SELECT sequence, place, row_name, decision_digest, row_digest FROM audit_rows
           WHERE sequence IN (SELECT sequence FROM audit_rows WHERE row_name = ANY(%s)) ORDER BY sequence, place""",
        [[name for name, _ in wanted]],
    )
    by_entry: dict[int, list[LoggedRow]] = defaultdict(list)
    for row in rows:
        by_entry[row["sequence"]].append(LoggedRow(row["row_name"], row["decision_digest"], row["row_digest"]))
    held: set[tuple[str, str]] = set()
    for entry in entries_at(connection, list(by_entry)):
        logged = by_entry[entry.sequence]
        says = json.loads(entry.after or "{}").get("rows") or {}
        if entry.expected_hash == entry.entry_hash and says.get("root") == rows_root(logged):
            held |= {(row.row_name, row.decision_digest) for row in logged}
    return sorted(name for name, _ in wanted - held)
