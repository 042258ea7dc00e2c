"""An Ethereum chain beside none other, as an operator has it: enabled in chains.yaml, computed by Dagster's runs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aurora_pipeline.canonical.balance_tables import ACCOUNT_BALANCES, BALANCES, EXECUTION_INCOME
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DAGSTER_URL_VARIABLE, DATABASE_VARIABLE, HOME_VARIABLE, Workspace
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.orchestration.definitions import Overrides, build_definitions
from aurora_pipeline.orchestration.runs import JobRunner
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.tables import PERIOD_LAYER_TABLES
from aurora_pipeline.work.runs import Job
from aurora_pipeline.work.status import period_statuses
from aurora_pipeline_tests.devchain.configured import CHAIN, KEY, WHOLE_PROVIDERS, WHOLE_ROLES, configured
from aurora_pipeline_tests.devchain.files import expected
from aurora_pipeline_tests.devchain.server import pubkeys, serving
from aurora_pipeline_tests.devchain.staged import register, register_recipients
from aurora_pipeline_tests.end_to_end.world import kept_environment

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Operated:
    """An opened Aurora whose one chain is served, and the runner of its jobs."""

    aurora: Aurora
    runner: JobRunner


@pytest.fixture
def operated(tmp_path: Path, server: EmbeddedPostgres) -> Iterator[Operated]:
    name = tmp_path.name.replace("-", "_")[:60]
    server.ensure_database(name)
    upgrade(Database(server.dsn(name)))
    url = server.url(name).replace("postgresql+psycopg://", "postgresql://")
    with serving() as chain, kept_environment("DAGSTER_HOME", DAGSTER_URL_VARIABLE, HOME_VARIABLE):
        configured(tmp_path, chain.url, WHOLE_ROLES, ("enabled: false", "enabled: true"), providers=WHOLE_PROVIDERS)
        workspace = Workspace(tmp_path, False, {**os.environ, DATABASE_VARIABLE: url})
        with Aurora(workspace) as aurora:
            register(aurora.database)
            register_recipients(aurora.database)
            runner = JobRunner(aurora, build_definitions(Overrides(aurora=aurora)))
            yield Operated(aurora, runner)
            runner.instance.dispose()


def test_run__of_a_window__publishes_every_layer_and_is_verified(operated: Operated) -> None:
    aurora = operated.aurora
    chain = aurora.configuration.chain(CHAIN)
    # Nothing has to be seen while a window runs.
    assert observe_running_period(aurora.database, aurora.configuration, chain).left_out == ()
    assert [period.key for period in discover_periods(aurora.database, aurora.configuration, chain).recorded] == [KEY]
    operated.runner.register_periods(CHAIN)
    end = operated.runner.run(Job.PERIOD, KEY)
    assert end.failures == ()
    with aurora.database.connect() as connection:
        in_force = {
            row["asset"]: row["completeness"] for row in connection.execute("SELECT * FROM in_force").fetchall()
        }
        net = {row["validator_key"]: row["net"] for row in connection.execute("SELECT * FROM validator_pnl").fetchall()}
    assert {BALANCES.name, EXECUTION_INCOME.name} < in_force.keys()
    of_this_family = {table.name for table in PERIOD_LAYER_TABLES} - {ACCOUNT_BALANCES.name}
    assert in_force == dict.fromkeys(of_this_family, "FINAL")
    assert net == {
        pubkeys()[row["validator_index"]]: int(row["cl_pnl_gwei"]) * 10**9
        + int(row["priority_fees_wei"])
        + int(row["mev_payments_wei"])
        for row in expected("by_validator")
    }
    with aurora.database.connect() as connection:
        assert verify_period(connection, KEY, aurora=aurora, deep=True).failures == ()
        assert [status.is_whole for status in period_statuses(connection, chain)] == [True]
    # A slashed validator's costs are told by what they were.
    asked = ["-m", "aurora_pipeline", "pnl", CHAIN, str(KEY.epoch), "--validator", pubkeys()["20"]]
    variables = {**aurora.workspace.env, HOME_VARIABLE: str(aurora.workspace.home), "COLUMNS": "400"}
    shown = subprocess.run([sys.executable, *asked], env=variables, capture_output=True, text=True, check=True).stdout
    _, balance = shown.split("What its balance did, in ETH")
    assert "slashing penalties" in balance
    assert "slashed" in balance
    assert "0.007812500000000000" in balance
    again = operated.runner.run(Job.PERIOD, KEY)
    assert again.failures == ()
    assert again.count("unchanged") == len(in_force)
