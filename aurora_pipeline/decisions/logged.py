"""Decisions that no entry of the audit log holds: nothing is computed from them.

A row that somebody slipped into a table of decisions looks like any other. The log says which rows a person wrote.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from aurora_pipeline.decisions.log import entries_at
from aurora_pipeline.decisions.rows import LoggedRow, rows_root
from aurora_pipeline.foundation.errors import CheckFailed
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input

_SHOWN = 5


def require_logged(connection: Connection, inputs: Iterable[Input]) -> None:
    """Raise where a decision among the inputs is none that the log holds."""
    found = not_logged(connection, inputs)
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise CheckFailed(
            f"{len(found)} decision(s) stand in no entry of the audit log as they are now: "
            + "; ".join(found[:_SHOWN])
            + f"{more}. Nothing was computed from them",
            "somebody wrote or changed these rows outside Aurora: run `aurora audit`, find out who and why, and record"
            " the decision by its command if it is a true one",
        )


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
