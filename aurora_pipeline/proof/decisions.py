"""Checks that whoever is named as having decided something is whom the audit log names, with when and why."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.tables import ALL_TABLES

_WHO, _WHEN, _WHY = "recorded_by", "recorded_at", "reason"
# Decisions are written first and logged in the same transaction; a large import takes its time in between.
_LOGGED_WITHIN: Final = timedelta(minutes=10)


def verify_deciders(connection: Connection, findings: Findings) -> None:
    """Look up every decision's person, reason and time in the log, which is chained, as the decisions' rows are not."""
    with_reason: dict[tuple[str, str | None], list[datetime]] = defaultdict(list)
    by_anybody: dict[str, list[datetime]] = defaultdict(list)
    logged = connection.execute(
        """SELECT DISTINCT actor, after::jsonb ->> 'reason' AS reason, recorded_at FROM audit_log
           ORDER BY recorded_at"""
    )
    for row in logged:
        with_reason[row["actor"], row["reason"]].append(row["recorded_at"])
        by_anybody[row["actor"]].append(row["recorded_at"])
    for table in ALL_TABLES:
        if {_WHO, _WHEN} <= set(table.names):
            has_reason = _WHY in table.names
            for who, why, when, count in _decided(connection, table, has_reason):
                moments = with_reason.get((who, why), []) if has_reason else by_anybody.get(who, [])
                place = bisect_left(moments, when)
                if place < len(moments) and moments[place] - when <= _LOGGED_WITHIN:
                    findings.ok(Checked.DECISION, count)
                    continue
                said = f", because {why!r}" if why is not None else ""
                problem = f"{count} row(s) name {who}, {when}{said}: no entry of the audit log says so"
                findings.fail(Checked.DECISION, table.name, problem)


def _decided(connection: Connection, table: Table, has_reason: bool) -> list[tuple[str, str | None, datetime, int]]:
    why = _WHY if has_reason else "NULL::text"
    rows = connection.execute(
        f"SELECT {_WHO} AS who, {why} AS why, {_WHEN} AS at, count(*) AS n FROM {table.name} GROUP BY 1, 2, 3".encode()
    )
    return [(row["who"], row["why"], row["at"], row["n"]) for row in rows]
