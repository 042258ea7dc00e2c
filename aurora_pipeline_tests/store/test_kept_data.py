"""Data survives: what an older schema's database held is there, the same and proven, after an upgrade to the newest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, parse_key
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import ALL_LAYERS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.findings import Finding
from aurora_pipeline.proof.verify import verify_audit, verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import downgrade, upgrade
from aurora_pipeline.store.snapshots import write_check_publish
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline_tests.proof.conftest import opened
from aurora_pipeline_tests.store.kept_data import put_back, revision_of

KEPT = sorted(Path(__file__).with_name("kept").glob("*.tar.xz"))
CLOSED = {
    "0001_foundation.up.sql": "1c93bcaa03eb896274e52e91ecc62225db8994f0c4add76f8d4837755fd13458",
    "0001_foundation.down.sql": "75b05ce0c18ea614db4e3fb131d1b98a566fdb503fb107d23dae85ac29ee8bbb",
}
"""What is released is never edited, not even in a comment: a change is a new migration."""


@dataclass(frozen=True)
class OldData:
    """A database as an older Aurora left it, and the revision of its schema."""

    name: str
    revision: str
    database: Database


@pytest.fixture(params=KEPT, ids=lambda path: path.name.partition(".")[0])
def old(request: pytest.FixtureRequest, server: EmbeddedPostgres) -> Iterator[OldData]:
    """The data of one kept file, in the schema it was kept from."""
    name = f"kept_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    admin = Database(server.dsn("postgres"))
    with admin.autocommit() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    found = OldData(name, revision_of(request.param), Database(server.dsn(name)))
    upgrade(found.database, found.revision)
    with found.database.connect() as connection:
        put_back(connection, request.param)
    yield found
    with admin.autocommit() as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def shown(database: Database) -> dict[str, Any]:
    """What people see of it: what is in force, what was at each moment of the past, and what was decided."""
    with database.connect() as connection:
        moments = connection.execute(
            """SELECT max(published_at) AS at FROM (SELECT published_at, ntile(5) OVER (ORDER BY published_at) AS part
               FROM publications) p GROUP BY part ORDER BY 1"""
        ).fetchall()
        past = {
            (table, str(row["at"])): digests
            for row in moments
            for table in _layers(connection)
            # A layer that came later, or that these chains do not have, shows nothing.
            if (digests := _digests_at(connection, table, row["at"]))
        }
        now = connection.execute("SELECT asset, chain_id, period, content_digest, row_count FROM in_force").fetchall()
        log = connection.execute("SELECT entry_hash FROM audit_log ORDER BY 1").fetchall()
    return {"past": past, "log": log, "now": sorted(tuple(map(str, row.values())) for row in now)}


def _digests_at(connection: Any, table: str, moment: datetime) -> list[Any]:
    found: list[Any] = connection.execute(
        f"SELECT content_digest, count(*) FROM {table}_as_of(%s) GROUP BY 1 ORDER BY 1".encode(), [moment]
    ).fetchall()
    return found


def _layers(connection: Any) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'layers'::regnamespace AND relkind = 'r'"
    )
    return sorted(row["relname"] for row in rows)


def keys(database: Database) -> list[PartitionKey]:
    """The periods and months of which anything is in force."""
    with database.connect() as connection:
        rows = connection.execute("SELECT DISTINCT chain_id, period FROM in_force ORDER BY 1, 2").fetchall()
    return [parse_key(f"{row['chain_id']}:{row['period']}") for row in rows]


@pytest.fixture
def upgraded(old: OldData, server: EmbeddedPostgres, tmp_path: Path) -> Iterator[Aurora]:
    """Aurora on the old database, in today's schema."""
    upgrade(old.database)
    with opened(server, old.name, tmp_path, "http://127.0.0.1:9") as aurora:
        yield aurora


def test_upgrade__of_a_database_full_of_data__shows_the_same_and_can_be_taken_back(old: OldData) -> None:
    before = shown(old.database)
    assert len(before["log"]) > 1
    assert {row[0] for row in before["now"]} == {table.name for table in LAYER_TABLES if not table.of_some_chains}
    assert len(before["past"]) > 2 * len(LAYER_TABLES)
    assert upgrade(old.database).is_current
    assert shown(old.database) == before
    downgrade(old.database, old.revision)
    assert shown(old.database) == before


def test_verify__after_an_upgrade__holds_from_the_bytes_to_the_log(upgraded: Aurora) -> None:
    problems: list[Finding] = []
    for key in keys(upgraded.database):
        with upgraded.database.connect() as connection:
            problems += verify_period(connection, key, aurora=upgraded).failures
    with upgraded.database.connect() as connection:
        problems += verify_audit(connection).failures
    assert problems == []


def test_recompute__after_an_upgrade__goes_on_from_the_old_data(upgraded: Aurora) -> None:
    for key in keys(upgraded.database):
        for layer in ALL_LAYERS:
            if layer.is_monthly == isinstance(key, MonthKey):
                with upgraded.database.connect() as connection:
                    drafts = layer.draft(upgraded.configuration, connection, key)
                write_check_publish(upgraded.database, drafts)
    # A decision comes after those of before: sequences and chains go on where they stood.
    since = datetime(2026, 12, 1, tzinfo=UTC)
    assert record_user(upgraded.database, "zora", "Zora", UserRole.OPS, None, since, None, "olivia", "joined us")
    with upgraded.database.connect() as connection:
        assert verify_audit(connection).failures == ()


@pytest.mark.parametrize("name", CLOSED)
def test_migration__once_released__is_not_edited(name: str) -> None:
    frozen = files("aurora_pipeline.store.migrations.versions") / name
    found = hashlib.sha256(frozen.read_bytes()).hexdigest()
    assert found == CLOSED[name], f"{name} is closed: databases were made by it. Write a new migration instead"
