"""The layers that only chains with balances and income by block have: every column, row and copy, as in the matrix."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from aurora_pipeline.canonical.balance_tables import BALANCES, EXECUTION_INCOME
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.demo import ethereum_story
from aurora_pipeline.demo.ethereum.parameters import CHAIN_ID, EthereumParameters
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.verifying.verify import heads, verify_period
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import _TEMPLATE, Proven, opened
from aurora_pipeline_tests.proof.verifying.tampering import listed, tamperings
from aurora_pipeline_tests.proof.verifying.test_tamper_matrix import is_found

SMALL = EthereumParameters(seed=5, validators=4, strangers=24)
KEY = PeriodKey(CHAIN_ID, EpochNumber(2))


@dataclass(frozen=True)
class ProvenWindow(Proven):
    """A computed window of the Ethereum chain."""

    def verify(self, deep: bool = False) -> VerifyReport:
        """What verifying the window finds."""
        return verify_period(self.connection, KEY, aurora=self.aurora, deep=deep)


@pytest.fixture(scope="module")
def window(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aurora]:
    """Aurora on a database in which one window is staged, computed and published; nobody answers any more."""
    home = tmp_path_factory.mktemp("window")
    name = f"{home.name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with Database(server.dsn("postgres")).autocommit() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy".encode())
    options = {f"ethereum_{option}": value for option, value in SMALL.as_dict().items()}
    with (
        SimulatorProcess(home / "simulator.json", **options) as simulator,
        opened(server, name, home, simulator.url) as aurora,
    ):
        ethereum_story.register_cast(aurora, SMALL)
        simulator.advance_ethereum(epoch=11, fraction_bps=9_999)
        discover_periods(
            aurora.database, aurora.configuration, aurora.configuration.chain(CHAIN_ID), wanted=[KEY.epoch]
        )
        for role in (DataType.REWARDS, *(role for role in ROLES if role is not DataType.REWARDS)):
            stage_period(aurora, KEY, role)
        for layer in LAYERS:
            with aurora.database.connect() as connection:
                drafts = layer.draft(aurora.configuration, connection, KEY)
            write_check_publish(aurora.database, drafts)
    with opened(server, name, tmp_path_factory.mktemp("later"), "http://127.0.0.1:9") as aurora:
        yield aurora


@pytest.fixture
def proven(window: Aurora) -> Iterator[ProvenWindow]:
    """The computed window; whatever a test does to it is rolled back."""
    with window.database.connect() as connection:
        yield ProvenWindow(window, connection)
        connection.rollback()


def test_window__as_it_was_computed__holds(proven: ProvenWindow) -> None:
    assert not is_found(proven, heads(proven.connection))


@pytest.mark.slow
@pytest.mark.parametrize("table", [BALANCES, EXECUTION_INCOME], ids=lambda table: table.name)
def test_matrix__any_column_row_or_copy__is_found(proven: ProvenWindow, table: Table) -> None:
    witness, unseen = heads(proven.connection), set()
    for what, statement in tamperings(table):
        with proven.connection.transaction(force_rollback=True):
            proven.connection.execute("SET LOCAL session_replication_role = replica")
            try:
                hit = proven.connection.execute(statement.encode()).rowcount
            except (psycopg.errors.IntegrityError, psycopg.errors.GeneratedAlways):
                continue
            assert hit == 1, f"{what}: no row to tamper with"
            if not is_found(proven, witness):
                unseen.add(what)
    assert unseen == {what for name, what in listed() if name == table.name}
