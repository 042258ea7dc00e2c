"""Runs spread over two workers of Celery, one of which is killed: everything is computed, and comes out the same."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.instance.workspace import CELERY_BROKER_VARIABLE, DATABASE_VARIABLE, DEMO_URL_VARIABLE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.work.runs import Job
from aurora_pipeline_tests.deploy.test_processes import free_port
from aurora_pipeline_tests.end_to_end.world import World, production_world
from aurora_pipeline_tests.started import started

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]
PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
EPOCHS = range(PARAMETERS.first_epoch, PARAMETERS.first_epoch + 3)
_SECONDS_MAX = 400
_AGAIN = "dagster/retry_number"
_UNDER_WAY = (dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED)


def until(what: str, found: Callable[[], bool], logs: Path, missing: Callable[[], object] = lambda: "") -> None:
    deadline = time.monotonic() + _SECONDS_MAX
    while not found():
        if time.monotonic() > deadline:
            told = "\n".join(f"{log.name}:\n{log.read_text(errors='replace')[-3000:]}" for log in logs.glob("*.log"))
            pytest.fail(f"{what} did not come: {missing()}\n{told}")
        time.sleep(0.5)


def test_runs__on_two_workers_one_of_which_is_killed__come_to_the_digests_of_one_process(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    alone: dict[int, dict[str, str]] = {}
    for name in ("alone", "spread"):
        home = tmp_path / name
        home.mkdir()
        server.ensure_database(name)
        upgrade(Database(server.dsn(name)))
        url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
        with production_world(home, url, EPOCHS, PARAMETERS) as lived:
            for epoch in EPOCHS:
                lived.observe(epoch)
                lived.end(epoch, 40)
            if name == "alone":
                for epoch in EPOCHS:
                    assert lived.backfill(epoch).failures == ()
                alone = {epoch: _contents(lived, epoch) for epoch in EPOCHS}
                assert all(len(layers) > 10 for layers in alone.values())
            else:
                _spread(lived, {DEMO_URL_VARIABLE: lived.simulator.url, DATABASE_VARIABLE: url}, home, alone)
        server.drop_database(f"{name}_dagster")
        server.drop_database(name)


def _others(lived: World, alone: Mapping[int, Mapping[str, str]]) -> list[tuple[int, str, str, str]]:
    """The layers that are not as one process made them: epoch, layer, the digest there and the digest here."""
    return [
        (epoch, asset, layers.get(asset, "missing"), here.get(asset, "missing"))
        for epoch, layers in alone.items()
        for here in [_contents(lived, epoch)]
        for asset in sorted({*layers, *here})
        if layers.get(asset) != here.get(asset)
    ]


def _contents(lived: World, epoch: int) -> dict[str, str]:
    return {asset: content for asset, (_, content, _) in lived.in_force(epoch).items()}


def _spread(lived: World, variables: Mapping[str, str], home: Path, alone: Mapping[int, Mapping[str, str]]) -> None:
    """Have a daemon find the epochs and two workers compute them, until all is as one process made it; one is killed.

    An epoch that was computed before the one before it is mended by sensors.
    """
    port = free_port()
    (home / ".env").write_text(f"{CELERY_BROKER_VARIABLE}=redis://127.0.0.1:{port}/0\n")
    environment = {**os.environ, **variables, "AURORA_HOME": str(home)}
    program = [sys.executable, "-m", "aurora_pipeline", "service", "run"]
    with ExitStack() as stack:

        def start(name: str, command: list[str]) -> subprocess.Popen[bytes]:
            return stack.enter_context(started(command, environment, home / f"{name}.log"))

        start("redis", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)])
        workers = [start(f"worker{number}", [*program, "worker"]) for number in range(2)]
        code = free_port()
        start("code", [*program, "code", "--port", str(code)])
        start("daemon", [*program, "daemon", "--code", f"127.0.0.1:{code}"])
        instance = lived.runner.instance

        def count(*statuses: dg.DagsterRunStatus, job: str | None = None) -> int:
            return len(instance.get_runs(dg.RunsFilter(job_name=job, statuses=list(statuses))))

        until("an epoch for each worker", lambda: count(dg.DagsterRunStatus.STARTED, job=Job.PERIOD) == 2, home)
        os.killpg(workers[0].pid, signal.SIGKILL)
        until("the lost run again", lambda: any(_AGAIN in run.tags for run in instance.get_runs()), home)
        until("the same", lambda: not _others(lived, alone), home, missing=lambda: _others(lived, alone))
        until("rest", lambda: count(*_UNDER_WAY) == 0, home)
