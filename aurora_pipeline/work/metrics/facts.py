"""What metrics are made from: a look at the instance, and counts from Aurora's and Dagster's tables."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString

from aurora_pipeline.asking.rate_headers import limits_left
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.health import heartbeats, read_records
from aurora_pipeline.work.reads.status import Looked, look
from aurora_pipeline.work.reads.warnings import warnings

Row = Mapping[str, Any]

_NEWEST: Final = 100_000
"""So many newest answers are looked through for the limits that providers said are left."""
_LAYERS: Final = """
    SELECT f.chain_id, f.asset AS layer, sum(s.row_count) AS rows,
           max(extract(epoch FROM s.written_at))::float8 AS newest_at
    FROM in_force f JOIN snapshots s USING (snapshot_id) GROUP BY f.chain_id, f.asset"""
_REJECTED: Final = """
    SELECT s.chain_id, s.asset AS layer, count(*) AS snapshots
    FROM snapshots s JOIN snapshot_reports r USING (snapshot_id)
    WHERE NOT r.accepted AND r.violations <> '[]' GROUP BY s.chain_id, s.asset"""
_NOT_FINAL: Final = """
    SELECT chain_id, data_type, state, count(*) AS figures FROM canonical_completeness
    WHERE state <> 'final' GROUP BY chain_id, data_type, state"""
_STAGING: Final = """
    SELECT chain_id, data_type, sum(requests) AS requests, sum(reused) AS reused, sum(body_bytes) AS bytes,
           sum(extract(epoch FROM written_at - started_at))::float8 AS seconds, count(*) AS runs
    FROM ingestion_runs GROUP BY chain_id, data_type"""
_LIMITS: Final = """
    SELECT DISTINCT ON (provider) provider, headers FROM staging_payloads
    WHERE payload_id > (SELECT max(payload_id) FROM staging_payloads) - %s ORDER BY provider, payload_id DESC"""
_SIZE: Final = """
    SELECT datname AS name, pg_database_size(datname) AS bytes,
           (SELECT count(*) FROM pg_stat_activity a WHERE a.datname = d.datname) AS sessions
    FROM pg_database d WHERE datname = current_database()"""
_RUNS: Final = """
    SELECT pipeline_name AS job, status, count(*) AS runs,
           coalesce(sum(end_time - start_time) FILTER (WHERE status IN ('SUCCESS', 'FAILURE')), 0)::float8 AS seconds,
           count(*) FILTER (WHERE status IN ('SUCCESS', 'FAILURE') AND end_time IS NOT NULL AND start_time IS NOT NULL)
               AS timed,
           min(extract(epoch FROM create_timestamp))::float8 AS oldest_at
    FROM runs GROUP BY pipeline_name, status"""


@dataclass(frozen=True)
class Facts:
    """All that one scrape tells, of one moment."""

    looked: Looked
    layers: Sequence[Row]
    rejected: Sequence[Row]
    not_final: Sequence[Row]
    staging: Sequence[Row]
    warnings: Sequence[tuple[str, str, str, bool]]
    """Chain, layer and rule of each warning of the newest periods, and whether somebody acknowledged it."""
    limits: Sequence[tuple[str, str, float]]
    databases: Sequence[Row]
    runs: Sequence[Row]
    heartbeats: Mapping[str, datetime]
    disk_free_bytes: int | None


def gather(aurora: Aurora, now: datetime) -> Facts:
    """Read everything anew; raises what any command would where the database is away."""
    chains = aurora.configuration.enabled_chains()
    looked = look(aurora, chains, now, clock_runs=not aurora.workspace.is_demo)
    records = aurora.dagster_records()
    with aurora.database.connect() as connection:
        return Facts(
            looked,
            _rows(connection, _LAYERS),
            _rows(connection, _REJECTED),
            _rows(connection, _NOT_FINAL),
            _rows(connection, _STAGING),
            [
                (chain.chain_id, one.asset, one.rule, one.acknowledged_until is not None)
                for chain in chains
                for one in warnings(connection, chain.chain_id, None)
            ],
            list(_limits(connection)),
            [*_rows(connection, _SIZE), *read_records(records, "runs", _SIZE, [])],
            read_records(records, "runs", _RUNS, []),
            heartbeats(records),
            _free(aurora),
        )


def _rows(connection: Connection, query: LiteralString) -> Sequence[Row]:
    return connection.execute(query).fetchall()


def _limits(connection: Connection) -> Sequence[tuple[str, str, float]]:
    """What each provider's newest answer said is left of its limits, where it said a number."""
    found = []
    for row in connection.execute(_LIMITS, [_NEWEST]).fetchall():
        for name, value in limits_left(row["headers"]).items():
            if value.strip().isascii() and value.strip().isdigit():
                found.append((row["provider"], name, float(value)))
    return found


def _free(aurora: Aurora) -> int | None:
    """The room left on the disk of the data directory; None where there is no such directory here."""
    try:
        return shutil.disk_usage(aurora.workspace.data_dir).free
    except OSError:
        return None
