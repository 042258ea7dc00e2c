"""Every service of docker-compose.yml as a plain process: its command, its environment, one database, one backfill."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline_tests.deploy.test_files import SERVICES
from aurora_pipeline_tests.end_to_end.world import World, production_world
from aurora_pipeline_tests.work.alerts.listeners import Hook, webhook

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PARAMETERS = Parameters(seed=11, validators=4, stake_accounts=60, slots_per_epoch=120)
EPOCH = PARAMETERS.first_epoch
SECONDS = 240
_BACKFILL = """mutation {launchPartitionBackfill(backfillParams: {partitionNames: [%s],
  assetSelection: [{path: ["validator_pnl"]}]})
  {__typename ... on LaunchBackfillSuccess {backfillId} ... on PythonError {message}}}"""
_STATUS = """{partitionBackfillOrError(backfillId: %s) {... on PartitionBackfill {status numPartitions}}}"""
_SENSORS = """{workspaceOrError {... on Workspace {locationEntries {name locationOrLoadError {__typename}}}}}"""


@dataclass(frozen=True)
class Running:
    """The services, and where those that listen do."""

    ports: Mapping[str, int]
    world: World
    hook: Hook
    environment: Mapping[str, str]
    run: Callable[..., subprocess.CompletedProcess[str]]

    def ask(self, service: str, query: str) -> Any:
        """What a web server answers."""
        body = json.dumps({"query": query}).encode()
        url = f"http://127.0.0.1:{self.ports[service]}/graphql"
        asked = urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return json.load(answer)["data"]
        except HTTPError as error:
            raise AssertionError(f"{service}: {error.read().decode()[:2000]}") from None


def until(what: str, found: Callable[[], Any]) -> Any:
    """Wait until something is found; another program's doing has no event to wait for."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError):
            if (told := found()) is not None:
                return told
        time.sleep(0.5)
    raise AssertionError(f"{what} did not come to be in {SECONDS} s")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def processes(home: Path, environment: Mapping[str, str], ports: Mapping[str, int]) -> Iterator[None]:
    """Our long-lived services, as compose would start them; only addresses are those of one machine."""
    started = []
    try:
        for name in ("code", "web", "audit", "daemon", "metrics"):
            words = [placed(word, ports) for word in SERVICES[name]["command"]]
            log = (home / f"{name}.log").open("wb")
            line = [sys.executable, "-m", "aurora_pipeline", *words]
            started.append(
                subprocess.Popen(line, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True)
            )
            if name == "code":  # the others depend on its health
                until("the code server", partial(is_healthy, name, environment, ports))
        yield
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(20)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def is_healthy(name: str, environment: Mapping[str, str], ports: Mapping[str, int]) -> bool | None:
    """What the health check of a service says."""
    program, *words = SERVICES[name]["healthcheck"]["test"][1:]
    modules = {"dagster": "dagster", "aurora": "aurora_pipeline"}
    line = [sys.executable, *(["-m", modules[program]] if program in modules else []), *words]
    line = [placed(word, ports) for word in line]
    return subprocess.run(line, env=environment, capture_output=True, check=False).returncode == 0 or None


def placed(word: str, ports: Mapping[str, int]) -> str:
    """A word of a command with the ports of this test, and this machine for every host."""
    known = {"4000": "code", "3000": "web", "3001": "audit", "9464": "metrics"}
    word = re.sub(r"\b(4000|3000|3001|9464)\b", lambda found: str(ports[known[found[1]]]), word)
    return word.replace("0.0.0.0", "127.0.0.1").replace("code:", "127.0.0.1:")


@pytest.fixture(scope="module")
def running(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("services")
    name = "services"
    server.ensure_database(name)
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    ports = {one: free_port() for one in ("code", "web", "audit", "metrics")}
    secret = home / "database_url"
    secret.write_text(url)
    told = SERVICES["code"]["environment"]
    with webhook() as hook:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AURORA", "DAGSTER"))}
        environment = {**kept, **told, "AURORA_HOME": str(home), "AURORA_DATABASE_URL_FILE": str(secret)}

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            line = [sys.executable, "-m", "aurora_pipeline", *words]
            return subprocess.run(line, env=environment, cwd=home, capture_output=True, text=True, check=False)

        migrated = run(*SERVICES["migrate"]["command"])
        assert migrated.returncode == 0, migrated.stderr
        with production_world(home, url, range(EPOCH, EPOCH + 1), PARAMETERS) as world:
            environment |= {"AURORA_DEMO_URL": world.simulator.url, "AURORA_ALERTS_WEBHOOK": hook.url}
            world.observe(EPOCH)
            world.simulator.advance(slot=PARAMETERS.first_slot(EPOCH + 1) + 40)
            with processes(home, environment, ports):
                yield Running(ports, world, hook, environment, run)
    for one in (name, f"{name}_dagster"):
        server.drop_database(one)


def test_services__together__discover_compute_backfill_measure_and_probe(running: Running) -> None:
    for service in ("web", "audit"):
        told = until(service, partial(running.ask, service, _SENSORS))
        (entry,) = told["workspaceOrError"]["locationEntries"]
        assert (entry["name"], entry["locationOrLoadError"]["__typename"]) == ("aurora", "RepositoryLocation")
    for service in ("web", "audit", "metrics", "daemon"):
        assert until(service, partial(is_healthy, service, running.environment, running.ports))
    # The daemon asks the sensors of the code server; these find the epoch that is over, and its run is computed there.
    until("the epoch", lambda: running.world.in_force(EPOCH).get("epoch_payable_entries"))
    before = running.world.in_force(EPOCH)
    key = json.dumps(f"{CHAIN_ID}:{EPOCH:07d}")
    assert running.ask("audit", _BACKFILL % key)["launchPartitionBackfill"]["__typename"] == "UnauthorizedError"
    launched = running.ask("web", _BACKFILL % key)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched
    named = json.dumps(launched["backfillId"])

    def ended() -> str | None:
        status = running.ask("web", _STATUS % named)["partitionBackfillOrError"]["status"]
        return None if status == "REQUESTED" else str(status)

    assert until("the backfill", ended) in ("COMPLETED", "COMPLETED_SUCCESS")
    assert running.world.in_force(EPOCH) == before
    for words in (("health", "ready"), ("health", "daemon"), ("status", "--json")):
        found = running.run(*words)
        assert found.returncode == 0, found.stderr
    chain = json.loads(running.run("status", "--json").stdout)["data"]["chains"][0]
    assert chain["latest_epoch"] == EPOCH
    assert running.run("alerts", "test").stdout == "webhook: sent\n"
    assert [one["data"]["happening"] for one in running.hook.heard if one["data"]["cause"] == "test"] == ["TEST"]
    with urllib.request.urlopen(f"http://127.0.0.1:{running.ports['metrics']}/metrics", timeout=60) as answer:
        told = answer.read().decode()
    assert "\naurora_up 1.0\n" in told
    assert f'aurora_chain_latest_epoch{{chain="{CHAIN_ID}"}} {EPOCH}.0' in told
    assert 'aurora_runs{job="__ASSET_JOB",status="SUCCESS"} 1.0' in told
    assert 'aurora_runs{job="period",status="SUCCESS"} 1.0' in told
    assert 'aurora_daemon_heartbeat_timestamp_seconds{daemon="SENSOR"}' in told
