"""A run whose process is killed, under a real daemon: it is marked as failed, and run again to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, Workspace
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home
from aurora_pipeline_tests.started import dagster_daemon

_SECONDS_MAX = 400
_CODE = """
import os, signal
from pathlib import Path
import dagster as dg

@dg.op
def work():
    mark = Path(__file__).with_name("begun")
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)

@dg.job(executor_def=dg.in_process_executor)
def dies_once():
    work()
"""


@pytest.fixture
def environment(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mapping[str, str]]:
    """What Dagster's processes of an instance are started with."""
    server.ensure_database("killed")
    url = server.url("killed").replace("postgresql+psycopg://", "postgresql://")
    with Aurora(Workspace(tmp_path, False, {**os.environ, DATABASE_VARIABLE: url})) as aurora:
        prepared = prepare_dagster_home(aurora)
        for name, value in prepared.items():
            monkeypatch.setenv(name, value)
        yield {**os.environ, **prepared}
    server.drop_database("killed_dagster")
    server.drop_database("killed")


def until_ended(instance: DagsterInstance, log: Path) -> list[DagsterRun]:
    """The runs, the first one first, once one has succeeded."""
    deadline = time.monotonic() + _SECONDS_MAX
    while True:
        runs = list(reversed(instance.get_runs()))
        if any(run.status is DagsterRunStatus.SUCCESS for run in runs):
            return runs
        assert time.monotonic() < deadline, f"{[run.status for run in runs]}\n{log.read_text()[-3_000:]}"
        time.sleep(0.5)


@pytest.mark.slow
def test_run__its_process_killed__is_marked_as_failed_and_run_again(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    code, workspace, log = tmp_path / "dying.py", tmp_path / "dying.yaml", tmp_path / "daemon.log"
    code.write_text(_CODE)
    workspace.write_text(f"load_from: [{{python_file: {{relative_path: {code}, location_name: dying}}}}]\n")
    launch = [sys.executable, "-m", "dagster", "job", "launch", "-w", str(workspace), "-j", "dies_once"]
    with DagsterInstance.get() as instance, dagster_daemon(workspace, environment, log):
        launched = subprocess.run(launch, env=environment, capture_output=True, text=True, check=False)
        assert launched.returncode == 0, launched.stdout + launched.stderr
        first, second = until_ended(instance, log)
    assert (first.status, second.status) == (DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS)
    assert second.parent_run_id == first.run_id
