"""How the instance itself is: when it last saw its chains and heard its providers, and whether its sensors tick."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, Database

_CONTACTS: Final = 100_000
"""A provider that gave none of this many newest answers has been silent for long."""
_FAILED: Final = "FAILURE"
_WORDS_MAX: Final = 300


@dataclass(frozen=True)
class Seen:
    """The newest sample of a chain's running epoch."""

    epoch: EpochNumber
    slot: int
    observed_at: datetime


@dataclass(frozen=True)
class Contact:
    """When a provider last answered; None: not lately."""

    provider: str
    last_contact_at: datetime | None


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


def contacts(connection: Connection, providers: Iterable[str]) -> list[Contact]:
    """When each of some providers last answered with what was asked for."""
    rows = connection.execute(
        """SELECT provider, max(fetched_at) AS at FROM staging_payloads
           WHERE status BETWEEN 200 AND 299 AND payload_id > (SELECT max(payload_id) FROM staging_payloads) - %s
           GROUP BY provider""",
        [_CONTACTS],
    ).fetchall()
    known = {row["provider"]: row["at"] for row in rows}
    return [Contact(name, known.get(name)) for name in providers]


def ticking(records: Database) -> list[Ticking]:
    """The newest tick of each sensor, from Dagster's records; none where there are none.

    Read from its table, for importing Dagster takes longer than everything else that status does.
    """
    try:
        with records.connect() as connection:
            there = connection.execute("SELECT to_regclass('job_ticks') IS NOT NULL AS there").fetchone()
            if there is None or not there["there"]:
                return []
            rows = connection.execute(
                """SELECT DISTINCT ON (selector_id) status, timestamp AS at, tick_body FROM job_ticks
                   WHERE type = 'SENSOR' AND status <> 'STARTED' ORDER BY selector_id, id DESC"""
            ).fetchall()
    except (AuroraError, psycopg.Error):
        return []
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
