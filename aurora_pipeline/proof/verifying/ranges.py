"""Checks that the tables of ranges are those that are listed, hold the periods that they say, and are guarded."""

from __future__ import annotations

from typing import Any, Final

from aurora_pipeline.decisions.range_tables import OUT
from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.ranges import RANGE_SCHEMA
from aurora_pipeline.tables import ALL_TABLES

_RANGES: Final = """
SELECT r.*, (SELECT m.direction FROM range_moves m WHERE m.range_id = r.range_id ORDER BY m.number DESC LIMIT 1)
           AS direction
FROM period_ranges r ORDER BY r.range_id
"""
_PARTS: Final = """
SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bounds,
       EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'append_only' AND t.tgenabled = 'O'
               AND t.tgfoid = 'public.refuse_change'::regproc) AS guarded
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE n.nspname = %s AND c.relkind = 'r'
"""


def verify_ranges(connection: Connection, findings: Findings) -> None:
    """Each listed range has a guarded table below every table in ranges, or none where it was moved out."""
    parts = {row["name"]: row for row in connection.execute(_PARTS.encode(), [RANGE_SCHEMA]).fetchall()}
    for one in connection.execute(_RANGES.encode()).fetchall():
        for table in ALL_TABLES:
            if table.in_ranges:
                name = f"{table.name}_{one['range_id']}"
                _verify_part(f"{RANGE_SCHEMA}.{name}", table.name, one, parts.pop(name, None), findings)
    for name in sorted(parts):
        findings.fail(Checked.RANGE, f"{RANGE_SCHEMA}.{name}", "it belongs to no range that is listed")


def _verify_part(
    where: str, parent: str, listed: dict[str, Any], found: dict[str, Any] | None, findings: Findings
) -> None:
    if listed["direction"] == OUT:
        if found is None:
            findings.ok(Checked.RANGE)
        else:
            findings.fail(Checked.RANGE, where, "it is here, and recorded as moved out of the database")
        return
    low, high = (f"('{listed['chain_id']}', '{listed[name]}')" for name in ("from_epoch", "to_epoch"))
    wanted = f"FOR VALUES FROM {low} TO {high}"
    if found is None or found["parent"] != parent:
        findings.fail(
            Checked.RANGE,
            where,
            f"it is no part of {parent}: it is gone with the rows of its periods, or the range was never made",
        )
    elif not found["guarded"]:
        findings.fail(Checked.RANGE, where, "its guard against changes is gone")
    else:
        problem = "it holds other periods than are listed for it"
        findings.equal(Checked.RANGE, where, problem, wanted, found["bounds"])
