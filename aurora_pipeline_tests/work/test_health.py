"""When providers answered and sensors ticked, from what really is recorded of both."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from shutil import copy

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.scheduler.instigation import TickData, TickStatus
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, Workspace
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.dagster_home import enter_dagster_home
from aurora_pipeline.store.database import Database, insert_rows
from aurora_pipeline.work.health import Contact, Seen, contacts, heartbeats, last_seen, partition_runs, ticking
from aurora_pipeline_tests.end_to_end.world import kept_environment

AT = datetime(2026, 9, 5, 23, 48, tzinfo=UTC)


@pytest.fixture
def aurora(server: EmbeddedPostgres, database: Database, tmp_path: Path) -> Iterator[Aurora]:
    for name in ("chains.yaml", "providers.yaml"):
        copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    name = database.conninfo.partition("dbname=")[2].split()[0].strip("'")
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    variables = {DATABASE_VARIABLE: url, DEMO_URL_VARIABLE: "http://127.0.0.1:9"}
    with Aurora(Workspace(tmp_path, False, variables)) as opened:
        yield opened
    server.drop_database(f"{name}_dagster")


def tick(sensor: str, at: float, status: TickStatus, error: SerializableErrorInfo | None = None) -> TickData:
    return TickData(
        sensor, sensor, InstigatorType.SENSOR, status, at, selector_id=sensor, error=error, run_ids=[], run_keys=[]
    )


def test_ticking__dagster_never_ran__nothing_and_nothing_is_made(aurora: Aurora) -> None:
    assert ticking(aurora.dagster_records()) == []


def test_ticking__as_dagster_recorded_it__the_newest_of_each_sensor_and_why(aurora: Aurora) -> None:
    cause = SerializableErrorInfo("Failure: no node answers\n  -> check it\n", [], "Failure")
    error = SerializableErrorInfo("SensorExecutionError: in the sensor", [], "SensorExecutionError", cause)
    with kept_environment("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY", *os.environ):
        enter_dagster_home(aurora)
        with dg.DagsterInstance.get() as instance:
            for data in (
                tick("late_data", 1_000.0, TickStatus.FAILURE, error),
                tick("late_data", 2_000.0, TickStatus.SKIPPED),
                tick("finalized_periods", 3_000.0, TickStatus.SUCCESS),
                tick("finalized_periods", 4_000.0, TickStatus.FAILURE, error),
                tick("finalized_periods", 5_000.0, TickStatus.STARTED),
            ):
                instance.create_tick(data)
    found = ticking(aurora.dagster_records())
    assert [(one.sensor, one.last_tick_at.timestamp(), one.problem) for one in found] == [
        ("finalized_periods", 4_000, "Failure: no node answers"),
        ("late_data", 2_000, None),
    ]


def test_partition_runs__of_each_partition_the_newest__as_dagster_recorded_it(aurora: Aurora) -> None:
    assert partition_runs(aurora.dagster_records()) == []
    assert heartbeats(aurora.dagster_records()) == {}
    with kept_environment("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY", *os.environ):
        enter_dagster_home(aurora)
        with dg.DagsterInstance.get() as instance:
            for number, (partition, status) in enumerate(
                [
                    ("x:1", dg.DagsterRunStatus.FAILURE),
                    ("x:2", dg.DagsterRunStatus.FAILURE),
                    ("x:1", dg.DagsterRunStatus.STARTED),
                ]
            ):
                tags = {"dagster/partition": partition}
                instance.add_run(dg.DagsterRun("period_job", run_id=f"run-{number}", status=status, tags=tags))
            instance.add_daemon_heartbeat(DaemonHeartbeat(3_000.0, "SENSOR", "one", []))
    found = partition_runs(aurora.dagster_records())
    assert [(one.partition, one.run_id, one.has_failed, one.is_under_way) for one in found] == [
        ("x:1", "run-2", False, True),
        ("x:2", "run-1", True, False),
    ]
    assert abs(datetime.now(UTC) - found[0].changed_at) < timedelta(minutes=5)
    assert heartbeats(aurora.dagster_records()) == {"SENSOR": datetime.fromtimestamp(3_000, UTC)}


def answered(database: Database, provider: str, status: int, at: datetime) -> None:
    row = {
        **{"chain_id": "solana-demo", "epoch": 855, "data_type": "mev", "provider": provider, "request_key": "x"},
        **{"question": "", "request": "{}", "status": status, "headers": "{}", "response_hash": "0" * 64},
    }
    with database.connect() as connection:
        insert_rows(connection, "staging_payloads", [{**row, "fetched_at": at}])


def test_contacts__only_answers_count__and_who_gave_none_is_named(database: Database) -> None:
    answered(database, "node", 200, AT)
    answered(database, "node", 500, datetime.now(UTC))
    with database.connect() as connection:
        assert contacts(connection, ["node", "kobe"], datetime.now(UTC)) == [
            Contact("node", AT, 0, 1, None),
            Contact("kobe", None, 0, 0, None),
        ]


def asked_in_vain(database: Database, provider: str, reason: str | None, payloads: list[int]) -> None:
    row = {
        **{"chain_id": "solana-demo", "epoch": 855, "data_type": "mev", "provider": provider, "kind": "solana_rpc"},
        **{"subject": "*", "state": "pending", "verdict": "TOLD", "reason": reason, "payload_ids": payloads},
    }
    with database.connect() as connection:
        insert_rows(connection, "staging_fetches", [{**row, "fetch_digest": "0" * 64, "dagster_run": None}])


def test_contacts__a_provider_that_gives_no_answer__says_why_until_it_answers(database: Database) -> None:
    now = datetime.now(UTC)
    answered(database, "node", 200, now)
    answered(database, "kobe", 200, now)
    asked_in_vain(database, "node", "no connection", [])
    asked_in_vain(database, "kobe", "its tree is not there yet", [2])
    with database.connect() as connection:
        node, kobe, none = contacts(connection, ["node", "kobe", "none"], now)
    assert (node.trouble, node.in_words, node.answers) == ("no connection", "answers not: no connection", 1)
    assert (kobe.trouble, kobe.in_words) == (None, "answers")
    assert none.in_words == "silent"
    answered(database, "node", 200, now)
    with database.connect() as connection:
        assert contacts(connection, ["node"], now)[0].trouble is None


def test_last_seen__newest_sample_of_the_newest_epoch(database: Database) -> None:
    with database.connect() as connection:
        assert last_seen(connection, "solana-demo") is None
        insert_rows(connection, "observations", [sample(1, 855, 7), sample(2, 854, 9)])
        assert last_seen(connection, "solana-demo") == Seen(EpochNumber(855), 7, AT)


def sample(number: int, epoch: int, slot: int) -> dict[str, object]:
    return {
        **{"observation_id": number, "chain_id": "solana-demo", "epoch": epoch, "data_type": "meta", "subject": "*"},
        **{"provider": "node", "kind": "solana_rpc", "slot": slot, "observed_at": AT, "payload_ids": []},
        **{"previous_hash": "0" * 64, "entry_hash": "0" * 64},
    }
