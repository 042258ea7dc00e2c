"""A home that was restored from a backup: its sensors go on where they stopped, and ask for nothing twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.orchestration.definitions import build_definitions
from aurora_pipeline_tests.deploy.test_processes import free_port
from aurora_pipeline_tests.faults.demo_home import command
from aurora_pipeline_tests.faults.test_backup_rehearsal import does

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_SECONDS_MAX = 240
_INTERVALS = {sensor.name: sensor.minimum_interval_seconds or 0 for sensor in build_definitions().sensors or []}
SENSORS = set(_INTERVALS)
OFTEN = {name for name, seconds in _INTERVALS.items() if seconds <= 60}
"""The others wait out what was left of their two minutes: a test need not."""
_TICKS = """
SELECT tick_body::jsonb ->> 'job_name' AS sensor, status FROM job_ticks WHERE timestamp >= %s ORDER BY id
"""
_REQUESTED = """
SELECT r.status, sensor.value AS sensor, request.value AS request FROM runs r
JOIN run_tags sensor ON sensor.run_id = r.run_id AND sensor.key = 'dagster/sensor_name'
JOIN run_tags request ON request.run_id = r.run_id AND request.key = 'dagster/run_key'
"""


@contextmanager
def up(home: Path) -> Iterator[None]:
    """`aurora up` on a demo's home, with everything it starts."""
    process = command(home, "--demo", "up", "--port", str(free_port()))
    try:
        assert process.stdout is not None
        told = ""
        while "Dagster UI" not in told:
            line = process.stdout.readline()
            assert line, f"it did not come to stand: {told}"
            told += line
        yield
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def dagsters(home: Path, query: str, *parameters: object) -> list[dict[str, Any]]:
    with (
        Aurora(Workspace(home, True, os.environ), reads_only=True) as aurora,
        aurora.dagster_records().connect() as connection,
    ):
        return connection.execute(query.encode(), parameters).fetchall()


def until(what: str, home: Path, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS_MAX
    while not is_so():
        told = [dagsters(home, _TICKS, datetime.fromtimestamp(0, UTC)), dagsters(home, _REQUESTED)]
        assert time.monotonic() < deadline, f"{what} did not come: {told}"
        time.sleep(0.5)


def at_rest(home: Path, since: datetime, sensors: set[str]) -> bool:
    """Whether each of some sensors ticked, and no run is under way."""
    ticked = {row["sensor"] for row in dagsters(home, _TICKS, since) if row["status"] != "STARTED"}
    return ticked >= sensors and all(row["status"] in ("SUCCESS", "FAILURE") for row in dagsters(home, _REQUESTED))


def requests(home: Path) -> list[tuple[str, str]]:
    return sorted((row["sensor"], row["request"]) for row in dagsters(home, _REQUESTED))


def test_restored_home__goes_on_where_it_stopped_and_asks_for_nothing_twice(home: Path, tmp_path: Path) -> None:
    does(home, "demo", "--epochs", "2")
    with up(home):
        until("rest", home, lambda: at_rest(home, datetime.fromtimestamp(0, UTC), SENSORS))
    before = requests(home)
    does(home, "backup", str(tmp_path / "b"))
    new = tmp_path / "new"
    new.mkdir()
    does(new, "restore", str(tmp_path / "b"))
    assert requests(new) == before
    query = """SELECT line_id, final FROM partner_commission_lines
               WHERE chain_id = 'solana-demo' AND kind = 'LINE' AND NOT held AND final > 0 LIMIT 1"""
    with Aurora(Workspace(new, True, os.environ), reads_only=True) as aurora, aurora.database.connect() as connection:
        line = connection.execute(query.encode()).fetchone()
    assert line is not None
    does(new, "override", str(line["line_id"]), f"{line['final'] + 1} lamports", "--reason", "as agreed", "--yes")
    since = datetime.now(UTC)
    with up(new):
        until("the run for the override", new, lambda: {*requests(new)} > {*before})
        until("rest", new, lambda: at_rest(new, since, OFTEN))
    now = requests(new)
    assert {sensor for sensor, _ in {*now} - {*before}} == {"terms_changed"}
    assert len(now) == len({*now})
    assert [row for row in dagsters(new, _TICKS, since) if row["status"] == "FAILURE"] == []
