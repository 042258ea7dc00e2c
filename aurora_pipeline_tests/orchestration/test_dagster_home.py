"""Dagster's home: ready for other processes, without a secret in it, and mended when somebody wrote into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from dagster import DagsterInstance

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import (
    CELERY_BROKER_VARIABLE,
    DAGSTER_URL_VARIABLE,
    DATABASE_VARIABLE,
    Workspace,
)
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.celery_runs import CeleryRuns
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home, shipped


@pytest.fixture
def external(server: EmbeddedPostgres, tmp_path: Path) -> Aurora:
    """An instance whose database somebody else runs; its URL holds a password."""
    url = server.url("postgres").replace("postgresql+psycopg://", "postgresql://").replace("@/", ":geheim@/", 1)
    return Aurora(Workspace(tmp_path, False, {**os.environ, DATABASE_VARIABLE: url}))


def test_home__prepared__names_the_workspace_and_keeps_the_password_out_of_files(external: Aurora) -> None:
    environment = prepare_dagster_home(external)
    home = Path(environment["DAGSTER_HOME"])
    assert environment["AURORA_HOME"] == str(external.workspace.home)
    assert environment["AURORA_DEMO"] == "0"
    assert "geheim" in environment[DAGSTER_URL_VARIABLE]
    assert "/postgres_dagster?" in environment[DAGSTER_URL_VARIABLE]
    written = [path.read_text() for path in external.workspace.data_dir.rglob("*") if path.is_file()]
    assert len(written) == 2
    assert not any("geheim" in text for text in written)
    assert (home / "dagster.yaml").read_bytes() == shipped("dagster.yaml").read_bytes()


def test_home__with_a_broker__has_runs_taken_by_workers_and_keeps_its_password_out_of_files(external: Aurora) -> None:
    place = external.workspace
    broker = "redis://:verborgen@127.0.0.1:1/0"
    spread = Aurora(Workspace(place.home, False, {**place.env, CELERY_BROKER_VARIABLE: broker}))
    environment = prepare_dagster_home(spread)
    told = (Path(environment["DAGSTER_HOME"]) / "dagster.yaml").read_text()
    launcher = yaml.safe_load(told)["run_launcher"]
    assert environment[CELERY_BROKER_VARIABLE] == broker
    assert "verborgen" not in told
    assert (launcher["module"], launcher["class"]) == (CeleryRuns.__module__, CeleryRuns.__name__)
    # Commands compute in their own process, with Celery or without.
    assert "run_launcher" not in (Path(environment["DAGSTER_HOME"]) / "foreground.yaml").read_text()


def test_home__garbled__is_mended(external: Aurora) -> None:
    home = Path(prepare_dagster_home(external)["DAGSTER_HOME"])
    (home / "dagster.yaml").write_text("{{")
    prepare_dagster_home(external)
    assert (home / "dagster.yaml").read_bytes() == shipped("dagster.yaml").read_bytes()


def test_instance__run_whose_process_was_killed__is_noticed_and_run_again(
    external: Aurora, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed check is a fact and is not tried again; that a process was killed says nothing of the data."""
    home = prepare_dagster_home(external)["DAGSTER_HOME"]
    monkeypatch.setenv(DAGSTER_URL_VARIABLE, external.dagster_url())
    with DagsterInstance.from_config(home) as instance:
        assert instance.run_monitoring_enabled
        assert instance.run_retries_enabled
        assert instance.run_retries_max_retries == 2
        assert not instance.run_retries_retry_on_asset_or_op_failure
