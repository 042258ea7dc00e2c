"""Checks that partners are shown just the snapshots that their released statements stand in."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.database import Connection

_DIFFERENCES: Final = """
WITH shown AS (SELECT statement_id, snapshot_id, part, partner_id, chain_id, recorded_at FROM released_snapshots),
     due AS (SELECT f.statement_id, f.snapshot_id, f.part, f.partner_id, f.chain_id, r.recorded_at
             FROM statement_releases r CROSS JOIN LATERAL statement_released_from(r.statement_id) f)
SELECT statement_id, snapshot_id, true AS is_shown FROM (SELECT * FROM shown EXCEPT ALL SELECT * FROM due) more
UNION ALL
SELECT statement_id, snapshot_id, false FROM (SELECT * FROM due EXCEPT ALL SELECT * FROM shown) less
ORDER BY 1, 2, 3
"""


def verify_released(connection: Connection, findings: Findings) -> None:
    """Compare what is shown to partners with the releases, both ways."""
    for row in connection.execute(_DIFFERENCES.encode()):
        where = f"released_snapshots {row['statement_id']}/{row['snapshot_id']}"
        problem = (
            "a partner is shown a snapshot that no release of a statement names so"
            if row["is_shown"]
            else "a partner is not shown, or not so, what a statement of it was released from"
        )
        findings.fail(Checked.DECISION, where, problem)
