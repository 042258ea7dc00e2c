"""A period whose tips come late: the sensor comes back by itself, and the period completes itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg
import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.late_data import late_data
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.work.epoch_status import epoch_status
from aurora_pipeline.work.late import load_pending
from aurora_pipeline.work.runs import Job
from aurora_pipeline_tests.end_to_end.world import World, production_world

pytestmark = pytest.mark.slow

PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
EPOCH = 850


@pytest.fixture(scope="module")
def late(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A period that was computed before its tips were told; the tests are one story in their order."""
    home = tmp_path_factory.mktemp("late")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    with production_world(home, url, range(EPOCH, EPOCH + 1), PARAMETERS) as operator:
        operator.observe(EPOCH)
        operator.end(EPOCH, 2)
        assert operator.backfill(EPOCH).failures == ()
        yield operator
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def looked(world: World) -> dg.SensorResult:
    context = dg.build_sensor_context(instance=world.runner.instance, resources={"aurora": world.aurora})
    result = late_data(context)
    assert isinstance(result, dg.SensorResult)
    return result


def let_pass(world: World, interval: str) -> None:
    """Make what was asked so far look older; the ledger itself would refuse."""
    with world.aurora.database.connect() as connection:
        connection.execute("ALTER TABLE ingestion_runs DISABLE TRIGGER USER")
        connection.execute("UPDATE ingestion_runs SET written_at = written_at - %s::interval", [interval])
        connection.execute("ALTER TABLE ingestion_runs ENABLE TRIGGER USER")


def states(world: World) -> dict[str, str]:
    rows = world.rows("SELECT data_type, string_agg(DISTINCT state, ',') AS s FROM canonical_completeness GROUP BY 1")
    return {row["data_type"]: row["s"] for row in rows}


def test_completeness__computed_too_early__says_what_is_pending_and_when_it_is_asked_again(late: World) -> None:
    found = states(late)
    # What was shared of priority fees is told beside the tips.
    assert (found.pop("mev"), found.pop("costs")) == ("pending", "pending")
    assert set(found.values()) == {"final"}
    with late.aurora.database.connect() as connection:
        told = epoch_status(connection, late.chain, EpochNumber(EPOCH), datetime.now(UTC))
    mev = next(one for one in told.data_types if one.data_type == "mev")
    assert (mev.state, mev.validators) == ("pending", 3)
    assert len(mev.names) == 3
    assert any("mev: pending since" in line and "asked again at" in line for line in told.late)


def test_late_data__right_after_the_run__waits_and_says_until_when(late: World) -> None:
    result = looked(late)
    assert not result.run_requests
    assert result.skip_reason is not None
    assert "asked again at" in str(result.skip_reason.skip_message)


def test_late_data__fifteen_minutes_later__requests_one_run_of_the_period(late: World) -> None:
    let_pass(late, "16 minutes")
    (request,) = looked(late).run_requests or []
    assert request.partition_key == str(late.key(EPOCH))
    (again,) = looked(late).run_requests or []
    assert again.run_key == request.run_key  # Dagster starts it once


def test_late_data__period_that_is_no_partition__requests_no_run(late: World) -> None:
    with dg.DagsterInstance.ephemeral() as elsewhere:
        context = dg.build_sensor_context(instance=elsewhere, resources={"aurora": late.aurora})
        result = late_data(context)
    assert isinstance(result, dg.SensorResult)
    assert not result.run_requests


@pytest.mark.parametrize("change", ["subject = 'nobody'", "epoch = epoch + 1"], ids=["not operated", "no period"])
def test_load_pending__of_what_nobody_operates_or_no_period_holds__nothing_is_asked_for(
    late: World, change: str
) -> None:
    with late.aurora.database.connect() as connection:
        assert [(one.data_type, one.subjects) for one in load_pending(connection, "solana-demo")] == [("mev", 3)]
        connection.execute("ALTER TABLE staging_fetches DISABLE TRIGGER USER")
        connection.execute(f"UPDATE staging_fetches SET {change} WHERE data_type = 'mev'".encode())
        assert load_pending(connection, "solana-demo") == []
        connection.rollback()


def test_late_data__still_nothing__the_period_stays_as_it_was_and_the_next_pause_is_longer(late: World) -> None:
    before = late.publications()
    assert late.backfill(EPOCH).failures == ()
    assert late.publications() == before
    assert not looked(late).run_requests
    let_pass(late, "40 minutes")
    assert not looked(late).run_requests


def test_late_data__told_by_then__its_run_completes_the_period_and_asks_only_for_what_was_late(late: World) -> None:
    late.simulator.advance(epoch=EPOCH + 1, fraction_bps=9_000)
    let_pass(late, "30 minutes")
    (request,) = looked(late).run_requests or []
    last = late.row("SELECT max(ingestion_run_id) AS id FROM ingestion_runs")["id"]
    end = late.runner.run(Job.PERIOD, PeriodKey.parse(str(request.partition_key)))
    assert end.failures == ()
    assert set(states(late).values()) == {"final"}
    assert {completeness for completeness, _, _ in late.in_force(EPOCH).values()} == {"FINAL"}
    asked = late.rows(
        "SELECT DISTINCT data_type FROM ingestion_runs WHERE ingestion_run_id > %s AND requests > 0", last
    )
    assert {row["data_type"] for row in asked} == {"mev"}


def test_late_data__everything_final__asks_for_nothing_ever_again(late: World) -> None:
    let_pass(late, "20 days")
    result = looked(late)
    assert not result.run_requests
    assert str(result.skip_reason.skip_message if result.skip_reason else "") == "nothing is pending"
