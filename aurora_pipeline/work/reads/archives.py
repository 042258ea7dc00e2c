"""Ranges of periods as people look at them: which there are, where each is, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.archives.ranges import PeriodRange, ranges

_SIZES: Final = """
SELECT r.range_id, sum(pg_total_relation_size(c.oid))::bigint AS bytes
FROM period_ranges r CROSS JOIN ranged_tables() parent JOIN pg_class p ON p.oid = parent
JOIN pg_class c ON c.oid = to_regclass(format('ranges.%I', p.relname || '_' || r.range_id))
GROUP BY r.range_id
"""


@dataclass(frozen=True)
class ArchivedRange:
    """A range of periods; `place` is where its rows are, null: in the database."""

    range_id: int
    chain_id: str
    from_epoch: int
    to_epoch: int
    place: str | None
    database_bytes: int | None
    """What it takes in the database with its indexes; null: this login may not know."""
    manifest_hash: str | None
    moved_at: datetime | None
    moved_by: str | None
    reason: str | None


def archived_ranges(connection: Connection, chain_id: str | None = None) -> Sequence[ArchivedRange]:
    """All ranges, or those of one chain."""
    sizes = _sizes(connection)
    return [_shape(one, sizes) for one in ranges(connection, chain_id)]


def _sizes(connection: Connection) -> dict[int, int] | None:
    row = connection.execute(
        """SELECT has_function_privilege('pg_total_relation_size(regclass)', 'EXECUTE')
                  AND has_function_privilege('ranged_tables()', 'EXECUTE') AND has_schema_privilege('ranges', 'USAGE')
                  AS may"""
    ).fetchone()
    if row is None or not row["may"]:
        return None
    return {one["range_id"]: one["bytes"] for one in connection.execute(_SIZES.encode()).fetchall()}


def _shape(one: PeriodRange, sizes: dict[int, int] | None) -> ArchivedRange:
    return ArchivedRange(
        range_id=one.range_id,
        chain_id=one.chain_id,
        from_epoch=one.from_epoch,
        to_epoch=one.to_epoch - 1,
        place=one.place,
        database_bytes=None if sizes is None else sizes.get(one.range_id, 0),
        manifest_hash=one.manifest_hash,
        moved_at=one.moved_at,
        moved_by=one.moved_by,
        reason=one.reason,
    )
