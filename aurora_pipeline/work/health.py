"""How the instance itself is: when it last saw its chains and heard its providers, and whether its sensors tick."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database

_CONTACTS: Final = 100_000
"""A provider that gave none of this many newest answers has been silent for long."""
_DAY: Final = timedelta(days=1)
_FAILED: Final = "FAILURE"
_UNDER_WAY: Final = frozenset({"NOT_STARTED", "QUEUED", "STARTING", "STARTED", "CANCELING"})
_RUNS: Final = 100_000
"""So many newest runs are looked through for the newest one of each partition."""
_WORDS_MAX: Final = 300


@dataclass(frozen=True)
class Seen:
    """The newest sample of a chain's running epoch."""

    epoch: EpochNumber
    slot: int
    observed_at: datetime


@dataclass(frozen=True)
class Contact:
    """When a provider last answered, and how it did in the last day."""

    provider: str
    last_contact_at: datetime | None
    """None: not lately."""
    answers: int
    """In the last day."""
    refusals: int
    """Answers of the last day that were none: HTTP 4xx and 5xx."""
    trouble: str | None
    """Why the newest question got no answer at all; None where it got one."""

    @property
    def in_words(self) -> str:
        """How it is, for people who have to act."""
        if self.last_contact_at is None:
            return "silent" if self.trouble is None else f"silent: {self.trouble}"
        return "answers" if self.trouble is None else f"answers not: {self.trouble}"


@dataclass(frozen=True)
class PartitionRun:
    """The newest run of a partition, whatever job it was of."""

    partition: str
    run_id: str
    job: str
    status: str
    changed_at: datetime

    @property
    def has_failed(self) -> bool:
        """Whether it ended without success; one that a person cancelled is that person's to repeat."""
        return self.status == _FAILED

    @property
    def is_under_way(self) -> bool:
        """Whether it is still to begin or to end."""
        return self.status in _UNDER_WAY


@dataclass(frozen=True)
class Ticking:
    """The newest tick of a sensor."""

    sensor: str
    last_tick_at: datetime
    problem: str | None
    """Why it failed; None where it did not."""


def last_seen(connection: Connection, chain_id: str) -> Seen | None:
    """The newest sample of a chain; None where nobody samples it."""
    row = connection.execute(
        """SELECT epoch, slot, observed_at FROM observations WHERE chain_id = %s
           ORDER BY epoch DESC, observed_at DESC LIMIT 1""",
        [chain_id],
    ).fetchone()
    return None if row is None else Seen(row["epoch"], row["slot"], row["observed_at"])


def contacts(connection: Connection, providers: Iterable[str], now: datetime) -> list[Contact]:
    """When each of some providers last answered with what was asked for, and how the last day was."""
    rows = connection.execute(
        """SELECT provider, max(fetched_at) FILTER (WHERE status BETWEEN 200 AND 299) AS at,
                  count(*) FILTER (WHERE fetched_at > %(since)s AND status < 400) AS answers,
                  count(*) FILTER (WHERE fetched_at > %(since)s AND status >= 400) AS refusals
           FROM staging_payloads
           WHERE payload_id > (SELECT max(payload_id) FROM staging_payloads) - %(newest)s GROUP BY provider""",
        {"since": now - _DAY, "newest": _CONTACTS},
    ).fetchall()
    known = {row["provider"]: row for row in rows}
    trouble = _troubles(connection)
    return [
        Contact(name, known[name]["at"], known[name]["answers"], known[name]["refusals"], trouble.get(name))
        if name in known
        else Contact(name, None, 0, 0, trouble.get(name))
        for name in providers
    ]


def _troubles(connection: Connection) -> dict[str, str]:
    """Of each provider whose newest fetch came to nothing why that was, unless it answered somebody since then."""
    rows = connection.execute(
        """SELECT provider, reason FROM (
               SELECT DISTINCT ON (provider) provider, state, reason, payload_ids, written_at FROM staging_fetches
               WHERE fetch_id > (SELECT max(fetch_id) FROM staging_fetches) - %s ORDER BY provider, fetch_id DESC) f
           WHERE state = 'pending' AND payload_ids = '{}' AND reason IS NOT NULL
             AND NOT EXISTS (SELECT FROM staging_payloads p WHERE p.provider = f.provider AND p.status < 400
                             AND p.written_at > f.written_at)""",
        [_CONTACTS],
    ).fetchall()
    return {row["provider"]: str(row["reason"]) for row in rows}


def partition_runs(records: Database) -> list[PartitionRun]:
    """The newest run of each partition, from Dagster's records; none where there are none."""
    rows = read_records(
        records,
        "runs",
        """SELECT DISTINCT ON (partition) partition, run_id, pipeline_name AS job, status, update_timestamp AS at
           FROM runs WHERE partition IS NOT NULL AND id > (SELECT max(id) FROM runs) - %s
           ORDER BY partition, id DESC""",
        [_RUNS],
    )
    return [
        PartitionRun(row["partition"], row["run_id"], row["job"], row["status"], row["at"].replace(tzinfo=UTC))
        for row in rows
    ]


def heartbeats(records: Database) -> dict[str, datetime]:
    """When each of Dagster's daemons last gave a sign of life; empty where none ever ran."""
    rows = read_records(records, "daemon_heartbeats", "SELECT daemon_type, timestamp AS at FROM daemon_heartbeats", [])
    return {row["daemon_type"]: row["at"].replace(tzinfo=UTC) for row in rows}


def read_records(records: Database, table: str, query: LiteralString, values: Sequence[object]) -> list[dict[str, Any]]:
    """Rows of a table of Dagster's; none where Dagster's database or the table is not there.

    Read by SQL, for importing Dagster takes longer than everything else that status does.
    """
    try:
        with records.connect() as connection:
            there = connection.execute("SELECT to_regclass(%s) IS NOT NULL AS there", [table]).fetchone()
            if there is None or not there["there"]:
                return []
            return connection.execute(query, values).fetchall()
    except (AuroraError, psycopg.Error):
        return []


def ticking(records: Database) -> list[Ticking]:
    """The newest tick of each sensor, from Dagster's records; none where there are none."""
    rows = read_records(
        records,
        "job_ticks",
        """SELECT DISTINCT ON (selector_id) status, timestamp AS at, tick_body FROM job_ticks
           WHERE type = 'SENSOR' AND status <> 'STARTED' ORDER BY selector_id, id DESC""",
        [],
    )
    return sorted((_ticking(row) for row in rows), key=lambda one: one.sensor)


def _ticking(row: Mapping[str, Any]) -> Ticking:
    body: Mapping[str, Any] = json.loads(row["tick_body"])
    problem = _problem(body.get("error")) if row["status"] == _FAILED else None
    return Ticking(str(body.get("instigator_name") or body.get("job_name")), row["at"].replace(tzinfo=UTC), problem)


def _problem(error: Mapping[str, Any] | None) -> str:
    """The first line of an error's innermost cause; the outer ones are Dagster's."""
    while error is not None and error.get("cause"):
        error = error["cause"]
    lines = str((error or {}).get("message", "")).strip().splitlines()
    return lines[0][:_WORDS_MAX] if lines else "it did not say why"
