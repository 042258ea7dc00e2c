"""Dagster's home: ready for other processes, without a secret in it, and mended when somebody wrote into it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dagster import DagsterInstance

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DAGSTER_URL_VARIABLE, DATABASE_VARIABLE, Workspace
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
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
