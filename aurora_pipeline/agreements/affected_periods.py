"""Which finalized periods a decision reaches back over: what was computed for them rests on what was decided before."""

from __future__ import annotations

from datetime import datetime

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.database import Connection


def computed_already(
    connection: Connection, chain_id: str, since: datetime, until: datetime | None = None
) -> list[str]:
    """A warning naming the finalized periods whose last instant lies in [since, until), if there are any."""
    row = connection.execute(
        """SELECT min(epoch) AS first, max(epoch) AS last FROM canonical_periods
           WHERE chain_id = %s AND ended_at > %s AND (%s::timestamptz IS NULL OR ended_at <= %s)""",
        [chain_id, since, until, until],
    ).fetchone()
    if row is None or row["first"] is None:
        return []
    first, last = PeriodKey(chain_id, row["first"]), PeriodKey(chain_id, row["last"])
    again = f"run `aurora recompute {chain_id} --stale`"
    if first == last:
        return [f"this reaches back over a finalized period: if {first} is computed already, {again}"]
    return [f"this reaches back over finalized periods: where {first} to {last} are computed already, {again}"]
