"""Probes: live, ready and at work, each with its exit code; nothing is started by asking."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
from dagster._daemon.types import DaemonHeartbeat
from psycopg.conninfo import conninfo_to_dict

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.dagster_home import enter_dagster_home
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.cli.test_help import HEAVY
from aurora_pipeline_tests.cli.test_server_defaults import as_url
from aurora_pipeline_tests.end_to_end.world import kept_environment


def test_live__files_there_or_not__and_the_database_does_not_matter(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURORA_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    assert run("health", "live").code == 0
    (home / "chains.yaml").unlink()
    ended = run("health", "live", "--json")
    assert (ended.code, ended.failure["code"]) == (75, "not-ready")


def test_ready__database_there__away__or_of_another_schema(
    run: Run, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("health", "ready", "--json").json["question"] == "ready"
    with database.connect() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    ended = run("health", "ready")
    assert (ended.code, "the schema is at 0001, this version needs" in ended.err) == (75, True)
    monkeypatch.setenv("AURORA_DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:9/none")
    ended = run("health", "ready")
    assert (ended.code, "secret" in ended.err) == (75, False)
    assert "does not answer" in ended.err


def test_ready__own_server_that_does_not_run__says_so_and_starts_nothing(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AURORA_DATABASE_URL")
    ended = run("health", "ready")
    assert (ended.code, "does not run" in ended.err) == (75, True)
    assert not (home / ".aurora").exists()


def test_daemon__silent_then_alive_then_silent_again(
    run: Run, database: Database, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AURORA_DATABASE_URL", as_url(database))
    ended = run("health", "daemon", "--json")
    assert (ended.code, ended.failure["code"]) == (75, "not-ready")  # Dagster has no database yet
    with kept_environment("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY", *os.environ), Aurora(find_workspace()) as aurora:
        enter_dagster_home(aurora)
        with dg.DagsterInstance.get() as instance:
            assert run("health", "daemon").code == 1
            for kind in ("SENSOR", "QUEUED_RUN_COORDINATOR"):
                instance.add_daemon_heartbeat(DaemonHeartbeat(time.time(), kind, "one", []))
            assert run("health", "daemon").out == "sensors and the run queue work\n"
            instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - 400, "SENSOR", "one", []))
            ended = run("health", "daemon")
            assert (ended.code, "SENSOR is silent for 4" in ended.err) == (1, True)
    server.drop_database(f"{conninfo_to_dict(database.conninfo)['dbname']}_dagster")


def test_health__asked_every_few_seconds__imports_nothing_heavy(home: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "aurora_pipeline", "health", "ready", "--json"],
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout)["schema"] == "aurora.health.1"
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in ended.stderr.splitlines()}
    # Typer itself imports pydantic for any command with options.
    assert not imported & (HEAVY - {"pydantic", "psycopg"})
