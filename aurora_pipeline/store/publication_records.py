"""Publications as the records that digests commit to, read from the tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.period_key import parse_key
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import SNAPSHOT_RECORD, publication_record, snapshot_record

_CHAIN = f"""
SELECT p.sequence, p.published_at, p.snapshot_id, p.asset, p.chain_id, p.period, p.previous_hash, p.entry_hash,
       s.content_digest, s.lineage_digest, s.completeness, {SNAPSHOT_RECORD}
FROM publications p LEFT JOIN snapshots s USING (snapshot_id) LEFT JOIN snapshot_reports r USING (snapshot_id)
WHERE p.sequence > %s ORDER BY p.sequence
"""


def publications(connection: Connection, after: int = 0) -> Iterator[dict[str, Any]]:
    """Every publication behind a place, in order, with what its record commits to of snapshot and report."""
    yield from connection.execute(_CHAIN.encode(), [after])


def recorded(row: dict[str, Any]) -> bytes | None:
    """The record of a row of `publications`; None where its snapshot is gone, or it names no period."""
    if row["content_digest"] is None:
        return None
    try:
        key = parse_key(f"{row['chain_id']}:{row['period']}")
    except AuroraError:
        return None
    told = (row["sequence"], row["published_at"], row["snapshot_id"], row["asset"])
    of_snapshot = (row["content_digest"], row["lineage_digest"], row["completeness"], snapshot_record(row))
    return publication_record(*told, key, *of_snapshot, row["previous_hash"])
