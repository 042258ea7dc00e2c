"""Dagster's own database beside an external one, made by whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.parse import quote

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.local_postgres.cluster import SUPERUSER
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.local_postgres.postmaster import PORT

STARTED = 8


def test_dagster_url__several_commands_at_once_before_there_is_a_database__each_gets_it(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    server.ensure_database("races")
    url = f"postgresql://{SUPERUSER}@/races?host={quote(str(server.socket_dir), safe='')}&port={PORT}"
    together = Barrier(STARTED)

    def start(_: int) -> str:
        aurora = Aurora(Workspace(tmp_path, False, {"AURORA_DATABASE_URL": url}))
        together.wait()
        return aurora.dagster_url()

    try:
        with ThreadPoolExecutor(STARTED) as commands:
            told = set(commands.map(start, range(STARTED)))
    finally:
        server.drop_database("races_dagster")
        server.drop_database("races")
    assert len(told) == 1
    assert "/races_dagster?" in told.pop()
