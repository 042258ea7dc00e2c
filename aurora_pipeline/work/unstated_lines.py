"""Lines in force that no statement in force was made of: whatever computed them ended before it came to these."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.statements.tables import PARTNER_COMMISSION_STATEMENTS
from aurora_pipeline.store.database import Connection

_UNSTATED: Final = """
SELECT low.epoch FROM in_force low JOIN snapshots lines ON lines.snapshot_id = low.snapshot_id
LEFT JOIN in_force up ON up.asset = %(above)s AND up.chain_id = low.chain_id AND up.epoch = low.epoch
WHERE low.chain_id = %(chain)s AND low.asset = %(below)s AND NOT EXISTS (
    SELECT FROM (SELECT s.inputs, s.layer_version FROM snapshots s WHERE s.snapshot_id = up.snapshot_id
                 UNION ALL
                 SELECT a.inputs, a.layer_version FROM attestations a WHERE a.snapshot_id = up.snapshot_id) l
    WHERE l.layer_version = %(version)s AND EXISTS (
        SELECT FROM jsonb_array_elements(l.inputs) item
        WHERE item ->> 0 = 'snapshot' AND item ->> 2 = lines.lineage_digest
          AND starts_with(item ->> 1, %(below)s || '@')))
"""


def unstated(connection: Connection, chain_id: str) -> set[EpochNumber]:
    """The epochs whose statements were not made from their lines in force, or not by this version."""
    named = {
        "chain": chain_id,
        "below": PARTNER_COMMISSION_LINES.name,
        "above": PARTNER_COMMISSION_STATEMENTS.name,
        "version": PARTNER_COMMISSION_STATEMENTS.version,
    }
    return {EpochNumber(row["epoch"]) for row in connection.execute(_UNSTATED, named)}
