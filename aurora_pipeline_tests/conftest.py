"""What all tests share: one embedded server, one migrated template, and a fresh database for each test that asks."""

from __future__ import annotations

import fcntl
import itertools
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.databases import copied_from

# A busy machine makes any example slow; what hangs is ended by the limit of every test.
settings.register_profile("aurora", deadline=None)
settings.load_profile("aurora")

# Workers are told a terminal's width; what tests read is piped, and has none.
os.environ.pop("COLUMNS", None)

_TEMPLATE = "aurora_template"
_SLOW_LIMIT_SECONDS = 600
"""Slow tests start whole programs: on a busy machine each of them takes minutes."""
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests have longer until they count as hanging, unless they say themselves how long."""
    for item in items:
        if item.get_closest_marker("slow") and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_SLOW_LIMIT_SECONDS))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """The server of this test run; parallel workers share it, and the last one stops it."""
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    where, ready = root / "postgres", root / "template.ready"
    with _one_at_a_time(root):
        postgres = EmbeddedPostgres.start(where)
        if not ready.exists():
            with Database(postgres.dsn("postgres")).autocommit() as connection:
                # Tests outlive no power cut; without waiting for the disk a fresh database takes a third.
                connection.execute("ALTER SYSTEM SET fsync = off")
                connection.execute("SELECT pg_reload_conf()")
            postgres.ensure_database(_TEMPLATE)
            template = Database(postgres.dsn(_TEMPLATE))
            upgrade(template)
            template.let_go()
            ready.touch()
    yield postgres
    with _one_at_a_time(root):
        postgres.release()
        if EmbeddedPostgres.running(where) is None:
            # What pytest keeps of its last runs would be a gigabyte each.
            ready.unlink()
            shutil.rmtree(where, ignore_errors=True)


@contextmanager
def _one_at_a_time(root: Path) -> Iterator[None]:
    """Starting and ending the server is one worker's turn."""
    with (root / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """What a test's command set up for its own output ends with the test."""
    yield
    root = logging.getLogger("aurora")
    root.handlers, root.propagate = [], True
    root.setLevel(logging.NOTSET)


@pytest.fixture
def database(server: EmbeddedPostgres) -> Iterator[Database]:
    """An empty, migrated database of this test's own."""
    with _fresh(server) as database:
        yield database


@pytest.fixture(scope="module")
def shared_database(server: EmbeddedPostgres) -> Iterator[Database]:
    """One for a module's tests that write nothing, or are refused."""
    with _fresh(server) as database:
        yield database


@contextmanager
def _fresh(server: EmbeddedPostgres) -> Iterator[Database]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{next(_numbers)}"
    with copied_from(server, _TEMPLATE, name) as database:
        yield database


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded and generated chain data beside the repository; tests that use it are skipped where it is absent."""
    path = Path(__file__).parents[2] / "shared" / "data"
    if not path.is_dir():
        pytest.skip("no ../shared/data beside this checkout")
    return path
