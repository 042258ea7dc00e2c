"""One simulated epoch, staged over HTTP and computed through every layer; tests tamper with it and roll back."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.config.vocabulary import ROLES
from aurora_pipeline.demo.process import SimulatorProcess
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.story import register_cast
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.layers import LAYERS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.periods.discovery import discover_periods
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key, rotate_key
from aurora_pipeline.signed_log.signing import sign
from aurora_pipeline.staging.run import stage_period
from aurora_pipeline.staging.running_period import observe_running_period
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline_tests.databases import copied_from, copy
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.verify_page import Page

EPOCH = EpochNumber(850)
KEY = PeriodKey(CHAIN_ID, EPOCH)
PARAMETERS = Parameters(seed=3, validators=3, stake_accounts=40, slots_per_epoch=120)
_TEMPLATE = "aurora_template"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Proven:
    """A computed period, and a connection on which somebody may tamper with it and have it verified."""

    aurora: Aurora
    connection: Connection

    def verify(self, deep: bool = False) -> VerifyReport:
        """What verifying the period finds."""
        return verify_period(self.connection, KEY, aurora=self.aurora, deep=deep)

    def run(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Run SQL as somebody who can switch off every trigger and foreign key."""
        self.connection.execute("SET LOCAL session_replication_role = replica")
        cursor = self.connection.execute(query.encode(), parameters)
        self.connection.execute("SET LOCAL session_replication_role = origin")
        return cursor.fetchall() if cursor.description else []

    def tamper(self, query: str, *parameters: Any) -> dict[str, Any]:
        """Run one statement with RETURNING as such a person; exactly one row has to be hit."""
        (row,) = self.run(query, *parameters)
        return row


@pytest.fixture(scope="session")
def computed(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database in which one simulated epoch is staged, computed and published."""
    home = tmp_path_factory.mktemp("proof")
    # The folder's name has a number: other rooms' tests use this fixture too, and each makes a database of its own.
    name = f"{home.name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    copy(server, _TEMPLATE, name)
    with (
        SimulatorProcess(home / "simulator.json", **PARAMETERS.as_dict()) as simulator,
        opened(server, name, home, simulator.url) as aurora,
    ):
        register_cast(aurora, PARAMETERS, range(EPOCH, EPOCH + 1))
        chain = aurora.configuration.chain(CHAIN_ID)
        simulator.advance(epoch=EPOCH, fraction_bps=8000)
        observe_running_period(aurora.database, aurora.configuration, chain)
        simulator.advance(epoch=EPOCH + 1, fraction_bps=6000)
        discover_periods(aurora.database, aurora.configuration, chain, wanted=[EPOCH])
        for data_type in ROLES:
            stage_period(aurora, KEY, data_type)
        for layer in LAYERS:
            with aurora.database.connect() as connection:
                drafts = layer.draft(aurora.configuration, connection, KEY)
            write_check_publish(aurora.database, drafts)
            if any(item.kind == "config" for draft in drafts for item in draft.inputs):
                _attest(aurora, drafts)
        key = KeyFile(aurora.workspace.log_key_path)
        new_key(aurora.database, key, "example.com/aurora", "ada", "partners shall see that nothing is rewritten")
        sign(aurora.database, key)
    return name


def _attest(aurora: Aurora, drafts: Sequence[Draft]) -> None:
    """Come to the same content again without its configuration values."""
    bare = [replace(one, inputs=tuple(item for item in one.inputs if item.kind != "config")) for one in drafts]
    write_check_publish(aurora.database, bare)


def opened(server: EmbeddedPostgres, database: str, home: Path, url: str) -> AbstractContextManager[Aurora]:
    """Aurora with the demo's configuration on one of the test server's databases."""
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), home / name)
    variables = {"AURORA_DATABASE_URL": server.dsn(database), "AURORA_DEMO_URL": url}
    return Aurora(Workspace(home, is_demo=False, env=variables))


@pytest.fixture(scope="session")
def shared(server: EmbeddedPostgres, computed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aurora]:
    """Aurora on the computed database; no provider answers any more, so nothing can be asked again."""
    with opened(server, computed, tmp_path_factory.mktemp("shared"), "http://127.0.0.1:9") as aurora:
        yield aurora


@pytest.fixture
def proven(shared: Aurora) -> Iterator[Proven]:
    """The computed period; whatever a test does to it is rolled back."""
    with shared.database.connect() as connection:
        yield Proven(shared, connection)
        connection.rollback()


@pytest.fixture
def copied(server: EmbeddedPostgres, computed: str, shared: Aurora, tmp_path: Path) -> Iterator[Aurora]:
    """Aurora on a copy of the computed database, for what has to be committed."""
    name = f"{computed}_{next(_numbers)}"
    # Nobody may be in a database that is copied.
    shared.database.let_go()
    with copied_from(server, computed, name), opened(server, name, tmp_path, "http://127.0.0.1:9") as aurora:
        yield aurora


@pytest.fixture
def copied_signed(copied: Aurora, tmp_path: Path) -> Iterator[tuple[Proven, KeyFile]]:
    """The same as a copy in which things are committed, and the file of a key that signed it."""
    file = KeyFile(tmp_path / "keys" / "log.key")
    rotate_key(copied.database, file, "ada", "the copy has a key of its own", is_lost=True)
    sign(copied.database, file)
    with copied.database.connect() as connection:
        yield Proven(copied, connection), file


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path)


@pytest.fixture(scope="module")
def made() -> MadeBundle:
    return MadeBundle()
