"""Whether this instance lives, is ready and works: what probes of containers ask every few seconds.

Nothing is started, written or joined, and nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.instance.workspace import Workspace, conninfo_of
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.revision import wanted_revision
from aurora_pipeline.work.errors import DaemonSilent, NotReady

_CONNECT_SECONDS: Final = 3
_STATEMENT: Final = "-c statement_timeout=3000"
_DAEMONS: Final = ("SENSOR", "QUEUED_RUN_COORDINATOR")
"""Those without which nothing is discovered and nothing is run."""
_SILENT: Final = timedelta(minutes=5)
"""They give a sign of life every half minute."""
_BEATS: Final = """SELECT daemon_type, extract(epoch FROM timestamp)::float8 AS at FROM daemon_heartbeats"""


class Probe(StrEnum):
    """What can be asked."""

    LIVE = "live"
    READY = "ready"
    DAEMON = "daemon"


@dataclass(frozen=True)
class Well:
    """What was asked, and in words that it is so."""

    question: str
    told: str


def probe(place: Workspace, question: Probe, now: datetime) -> Well:
    """Answer a question; raises, with the reason, where the answer is no."""
    match question:
        case Probe.LIVE:
            return _live(place)
        case Probe.READY:
            return _ready(place)
        case Probe.DAEMON:
            return _daemon(place, now)


def _live(place: Workspace) -> Well:
    """The program and its files are there; it says nothing of the database, whose outage no restart mends."""
    for path in (place.chains_path, place.providers_path):
        if not path.is_file():
            raise NotReady(f"{path} is not there", "mount the workspace, or set AURORA_HOME to where it is")
    return Well(Probe.LIVE, f"the program runs on {place.home}")


def _ready(place: Workspace) -> Well:
    rows = _asked(_conninfo(place, "aurora", ""), "SELECT version_num FROM alembic_version")
    present, wanted = (rows[0]["version_num"] if rows else "nothing"), wanted_revision()
    if present != wanted:
        raise NotReady(f"the schema is at {present}, this version needs {wanted}", "run `aurora db upgrade`")
    return Well(Probe.READY, f"the database answers, and its schema is at {present}")


def _daemon(place: Workspace, now: datetime) -> Well:
    beats = {row["daemon_type"]: row["at"] for row in _asked(_conninfo(place, "dagster", "_dagster"), _BEATS)}
    for name in _DAEMONS:
        at = beats.get(name)
        silent = None if at is None else now - datetime.fromtimestamp(at, UTC)
        if silent is None or silent > _SILENT:
            since = "never gave a sign of life" if silent is None else f"is silent for {int(silent.total_seconds())} s"
            raise DaemonSilent(f"Dagster's {name} {since}", "start it again: `aurora up`, or the daemon's service")
    return Well(Probe.DAEMON, "sensors and the run queue work")


def _conninfo(place: Workspace, own: str, suffix: str) -> str:
    """How to reach a database of the instance; raises where its own server does not run."""
    if place.database_url is not None:
        return conninfo_of(place.database_url, suffix)
    folder = place.data_dir / "postgres"
    server = EmbeddedPostgres.running(folder) if folder.is_dir() else None
    if server is None:
        raise NotReady(f"the server of {folder} does not run", "`aurora up` starts it")
    return server.dsn(own)


def _asked(conninfo: str, query: LiteralString) -> list[Mapping[str, Any]]:
    """The rows of a query; none where its table is not there."""
    given = conninfo_to_dict(conninfo).get("options") or ""
    told = make_conninfo(conninfo, connect_timeout=_CONNECT_SECONDS, options=f"{given} {_STATEMENT}".strip())
    try:
        with psycopg.connect(told, row_factory=psycopg.rows.dict_row) as connection:
            return list(connection.execute(query).fetchall())
    except psycopg.errors.UndefinedTable:
        return []
    except psycopg.OperationalError as error:
        said = str(error).strip().splitlines()[0]
        raise NotReady(f"the database does not answer: {said}", "start it, or wait until it is there") from None
