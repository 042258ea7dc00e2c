"""Checks that the tables of decisions hold exactly the rows that the audit log says were written."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from psycopg import sql

from aurora_pipeline.decisions.log import Entry, entries
from aurora_pipeline.decisions.rows import LoggedRow, logged_row, rows_root
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table, TableKind
from aurora_pipeline.tables import ALL_TABLES

DECISIONS = tuple(table for table in ALL_TABLES if table.kind is TableKind.DECISION)
"""Every table whose rows are decisions."""


def verify_decisions(connection: Connection, findings: Findings) -> None:
    """Compare rows and log both ways, counted: each row stands in one entry, and each row of an entry is there."""
    logged = _verify_entries(connection, findings)
    by_name: dict[str, list[tuple[int, LoggedRow]]] = defaultdict(list)
    for sequence, row in logged:
        by_name[row.row_name].append((sequence, row))
    found: set[str] = set()
    for table in DECISIONS:
        present = list(_present(connection, table))
        counts = Counter(row.row_name for row in present)
        for row in present:
            found.add(row.row_name)
            problem = _problem(row, by_name.get(row.row_name, ()), counts[row.row_name])
            if problem is None:
                findings.ok(Checked.DECISION)
            else:
                findings.fail(Checked.DECISION, row.row_name, problem)
    for name in sorted(by_name.keys() - found):
        sequence = by_name[name][0][0]
        findings.fail(Checked.DECISION, name, f"entry {sequence} of the audit log says it was written; it is not there")


def _problem(row: LoggedRow, logged: Sequence[tuple[int, LoggedRow]], count: int) -> str | None:
    if not logged:
        return "it stands in no entry of the audit log: somebody wrote it outside Aurora"
    if len(logged) != count:
        places = ", ".join(str(sequence) for sequence, _ in logged)
        return f"it is there {count} time(s), and stands in {len(logged)} entries of the audit log ({places})"
    sequence, told = logged[0]
    if told.row_digest != row.row_digest:
        return f"it is not what entry {sequence} of the audit log says was written: it was changed since"
    return None


def _verify_entries(connection: Connection, findings: Findings) -> list[tuple[int, LoggedRow]]:
    """The rows that each entry commits to, where it does; what was added to an entry or taken from it is a failure."""
    told: dict[int, list[LoggedRow]] = defaultdict(list)
    for row in connection.execute(
        "SELECT sequence, place, row_name, decision_digest, row_digest FROM audit_rows ORDER BY sequence, place"
    ):
        logged = told[row["sequence"]]
        logged.append(LoggedRow(row["row_name"], row["decision_digest"], row["row_digest"]))
        if row["place"] != len(logged):
            where, problem = f"audit_rows of entry {row['sequence']}", "its rows are not numbered from 1 without a gap"
            findings.fail(Checked.DECISION, where, problem, row["place"], len(logged))
    held: list[tuple[int, LoggedRow]] = []
    known: set[int] = set()
    for entry in entries(connection):
        known.add(entry.sequence)
        rows, says = told.get(entry.sequence, []), _rows_of(entry)
        if says != {"count": len(rows), "root": rows_root(rows)} and (rows or says):
            problem = f"entry {entry.sequence} ({entry.action} {entry.subject}) does not commit to the rows under it"
            findings.fail(Checked.DECISION, f"audit_rows of entry {entry.sequence}", problem)
            continue
        held += [(entry.sequence, row) for row in rows]
    for sequence in sorted(told.keys() - known):
        findings.fail(Checked.DECISION, f"audit_rows of entry {sequence}", "the audit log has no such entry")
    return held


def _rows_of(entry: Entry) -> Mapping[str, object] | None:
    after = json.loads(entry.after) if entry.after is not None else {}
    rows = after.get("rows")
    return rows if isinstance(rows, Mapping) else None


def _present(connection: Connection, table: Table) -> Iterator[LoggedRow]:
    query = sql.SQL("SELECT {} FROM {}").format(
        sql.SQL(", ").join(map(sql.Identifier, table.names)), sql.Identifier(table.name)
    )
    for row in connection.execute(query):
        yield logged_row(table, row)
