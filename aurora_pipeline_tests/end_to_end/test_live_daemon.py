"""A real Dagster daemon on a chain that has something for every sensor: each ticks, and does what it is for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import InstigatorTick, TickStatus

from aurora_pipeline.agreements.tables import COMMISSION_OVERRIDES
from aurora_pipeline.canonical.tables import POSITIONS, STAKE_EVENTS
from aurora_pipeline.commissions.tables import PARTNER_COMMISSION_LINES
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home, shipped
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.published import load_published
from aurora_pipeline.work.stale_events import stale_stake_events
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.end_to_end.world import Row, World, production_world
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.started import dagster_daemon

PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
FIRST, LATE, UNKNOWN, RUNNING = 850, 852, 853, 854
"""August's last epoch is computed before its tips are told; the next one ends the month, and nobody knows of it."""
AUGUST = "2026-08"
SENSORS = {
    "observe_open_period",
    "finalized_periods",
    "late_data",
    "terms_changed",
    "positions_changed",
    "month_closed",
    "entries_changed",
}
_SECONDS_MAX = 480
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Lived:
    """What there was before the daemon started, and how to look at what it did."""

    world: World
    samples: int
    log: Path

    @property
    def instance(self) -> dg.DagsterInstance:
        return self.world.runner.instance

    def ticks(self, sensor: str) -> list[InstigatorTick]:
        """The ticks of a sensor, the newest first."""
        for state in self.instance.all_instigator_state():
            if state.instigator_name == sensor:
                found = self.instance.get_ticks(state.instigator_origin_id, state.selector_id)
                return [tick for tick in found if tick.status is not TickStatus.STARTED]
        return []

    def runs(self, sensor: str) -> list[dg.DagsterRun]:
        return list(self.instance.get_runs(dg.RunsFilter(tags={"dagster/sensor_name": sensor})))

    def until(self, what: str, is_so: Callable[[], bool]) -> None:
        """Look again until something is so: Dagster tells nobody when a sensor ticked."""
        deadline = time.monotonic() + _SECONDS_MAX
        while not is_so():
            assert time.monotonic() < deadline, f"{what} did not come\n{self._told()}"
            time.sleep(0.5)

    def _told(self) -> str:
        runs = [f"{run.job_name} {run.status} {dict(run.tags)}" for run in self.instance.get_runs()]
        ticks = [f"{name}: {[(t.status, t.skip_reason, t.error) for t in self.ticks(name)]}" for name in SENSORS]
        return "\n".join([*runs, *ticks, self.log.read_text(errors="replace")[-5_000:]])


@pytest.fixture(scope="module")
def lived(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    home = tmp_path_factory.mktemp("daemon")
    name = home.name.replace("-", "_")
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    with production_world(home, url, range(FIRST, RUNNING + 1), PARAMETERS) as operator:
        _live_up_to_now(operator)
        variables = {DEMO_URL_VARIABLE: operator.simulator.url, DATABASE_VARIABLE: url}
        samples = int(operator.row("SELECT count(*) AS n FROM observations")["n"])
        log = home / "daemon.log"
        environment = {**os.environ, **variables, **prepare_dagster_home(operator.aurora)}
        with dagster_daemon(shipped("workspace.yaml"), environment, log):
            yield Lived(operator, samples, log)
    server.drop_database(f"{name}_dagster")
    server.drop_database(name)


def _live_up_to_now(operator: World) -> None:
    """An August with all that sensors are for: late tips, another decision, other positions, an unknown epoch."""
    for epoch in range(FIRST, LATE):
        assert operator.live(epoch).failures == ()
    operator.observe(LATE)
    operator.end(LATE, 2)
    assert operator.backfill(LATE).failures == ()
    operator.observe(UNKNOWN)
    operator.simulator.advance(epoch=RUNNING, fraction_bps=5_000)
    with operator.aurora.database.connect() as connection:
        # What was asked so far looks older; the ledger itself would refuse.
        connection.execute("ALTER TABLE ingestion_runs DISABLE TRIGGER USER")
        connection.execute("UPDATE ingestion_runs SET written_at = written_at - interval '16 minutes'")
        connection.execute("ALTER TABLE ingestion_runs ENABLE TRIGGER USER")
    with operator.aurora.database.connect() as connection:
        decide(connection, COMMISSION_OVERRIDES, _override(operator))
    _publish_other_positions(operator)


def _override(operator: World) -> Row:
    line = operator.row(
        """SELECT agreement_id, rule_key, chain_id, epoch, validator_key, wallet_address, final
           FROM partner_commission_lines WHERE epoch = %s AND kind = 'LINE' AND NOT held AND final > 0 LIMIT 1""",
        FIRST,
    )
    seen = int(line.pop("final"))
    return {**line, "target": "LINE", "revision": 1, "amount": seen + 1, "computed_seen": seen}


def _publish_other_positions(operator: World) -> None:
    key = operator.key(FIRST)
    with operator.aurora.database.connect() as connection:
        published = load_published(connection, POSITIONS, key)
    rows = [
        {name: int(value) if name in POSITIONS.amounts and value is not None else value for name, value in row.items()}
        for row in published.frame.to_dicts()
    ]
    # From one account of a wallet to another one beside it: what the validator has, and everybody's share, stays.
    beside = ((one, other) for one in rows for other in rows if _whose(one) == _whose(other) and one is not other)
    one, other = next((one, other) for one, other in beside if one["active_stake"] and other["active_stake"])
    one["active_stake"] -= 1
    other["active_stake"] += 1
    inputs = (Input("fetch", "positions/test", "a" * 64),)
    write_check_publish(
        operator.aurora.database,
        [Draft(POSITIONS, key, frame_of(POSITIONS, rows), inputs, published.completeness)],
    )
    with operator.aurora.database.connect() as connection:
        assert {one.key.epoch for one in stale_stake_events(connection, operator.chain)} == {FIRST, FIRST + 1}


def _whose(position: Mapping[str, Any]) -> tuple[Any, ...]:
    return position["validator_key"], position["withdrawer_key"]


def test_observe_open_period__the_running_epoch__is_sampled(lived: Lived) -> None:
    lived.until("a sample", lambda: _succeeded(lived, "observe_open_period"))
    sampled = lived.world.row("SELECT count(*) AS n, max(epoch) AS epoch FROM observations")
    assert sampled["n"] > lived.samples
    assert sampled["epoch"] == RUNNING


def test_finalized_periods__the_epoch_that_nobody_knew_of__is_computed(lived: Lived) -> None:
    lived.until("the run of the new period", lambda: _succeeded(lived, "finalized_periods"))
    assert str(lived.world.key(UNKNOWN)) in lived.instance.get_dynamic_partitions("periods")
    (run,) = lived.runs("finalized_periods")
    assert run.tags["dagster/partition"] == str(lived.world.key(UNKNOWN))
    # Its lines go on from the epoch before, whose tips are still on their way.
    lived.until("the new period whole", lambda: _completeness(lived, UNKNOWN) == {"FINAL"})


def test_late_data__tips_that_were_not_told_in_time__are_asked_for_and_complete_the_epoch(lived: Lived) -> None:
    lived.until("the run for what was late", lambda: _succeeded(lived, "late_data"))
    lived.until("the late period whole", lambda: _completeness(lived, LATE) == {"FINAL"})


def test_terms_changed__an_override_of_a_past_epoch__comes_into_force(lived: Lived) -> None:
    def paid() -> list[Row]:
        return lived.world.rows(
            "SELECT override, final FROM partner_commission_lines WHERE epoch = %s AND override IS NOT NULL", FIRST
        )

    lived.until("the override", lambda: bool(paid()))
    assert [(row["override"], row["final"]) for row in paid()] == [(_amount(lived), _amount(lived))]
    lived.until("the run for the terms", lambda: _succeeded(lived, "terms_changed"))


def test_positions_changed__other_positions__have_their_stake_events_computed_again(lived: Lived) -> None:
    def outdated() -> list[Any]:
        with lived.world.aurora.database.connect() as connection:
            return [
                one for one in stale_stake_events(connection, lived.world.chain) if one.key.epoch in (FIRST, FIRST + 1)
            ]

    lived.until("the stake events", lambda: not outdated())
    assert {run.tags["dagster/partition"] for run in lived.runs("positions_changed")} >= {
        str(lived.world.key(FIRST)),
        str(lived.world.key(FIRST + 1)),
    }
    asset = STAKE_EVENTS.name
    assert lived.world.row("SELECT count(*) AS n FROM in_force WHERE asset = %s AND epoch = %s", asset, FIRST)["n"] == 1


def test_month_closed__august_is_over__its_statements_stand_on_all_that_came_after(lived: Lived) -> None:
    def missing() -> int | None:
        query = "SELECT sum(missing_count) AS n FROM monthly_statements WHERE month = %s"
        counted = lived.world.row(query, AUGUST)["n"]
        return None if counted is None else int(counted)

    lived.until("the statements of August", lambda: missing() == 0)
    assert f"{CHAIN_ID}:{AUGUST}" in lived.instance.get_dynamic_partitions("months")
    lines = lived.world.row(
        f"""SELECT sum(final) AS owed FROM {PARTNER_COMMISSION_LINES.name}
            WHERE epoch BETWEEN %s AND %s AND NOT held""",
        FIRST,
        LATE,
    )
    lived.until(
        "statements with the override",
        lambda: lived.world.row("SELECT sum(lines) AS owed FROM monthly_statements WHERE month = %s", AUGUST) == lines,
    )


def test_sensors__after_all_that__ticked_without_a_failure_and_have_nothing_left_to_ask_for(lived: Lived) -> None:
    def quiet(sensor: str) -> bool:
        newest = lived.ticks(sensor)[0]
        return newest.status is TickStatus.SKIPPED and "since the last look" in str(newest.skip_reason)

    for sensor in ("terms_changed", "month_closed"):
        lived.until(f"rest of {sensor}", lambda sensor=sensor: quiet(sensor))  # type: ignore[misc]
    for sensor in SENSORS:
        assert lived.ticks(sensor), sensor
        assert [tick.error for tick in lived.ticks(sensor) if tick.status is TickStatus.FAILURE] == [], sensor
        # Nobody enters a cost here, so the sensor for entries has nothing to ask for.
        assert _succeeded(lived, sensor) or sensor == "entries_changed", sensor
    failed = lived.instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
    assert [run.job_name for run in failed] == []


def _completeness(lived: Lived, epoch: int) -> set[str]:
    return {completeness for completeness, _, _ in lived.world.in_force(epoch).values()}


def _succeeded(lived: Lived, sensor: str) -> bool:
    """Whether a sensor requested runs, and all of them have succeeded."""
    runs = lived.runs(sensor)
    return bool(runs) and all(run.status is dg.DagsterRunStatus.SUCCESS for run in runs)


def _amount(lived: Lived) -> int:
    return int(lived.world.row("SELECT amount FROM commission_overrides WHERE epoch = %s", FIRST)["amount"])
