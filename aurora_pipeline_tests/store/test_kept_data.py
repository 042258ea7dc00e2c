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

from aurora_pipeline.canonical.balance_tables import OF_SOME_FAMILIES
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.foundation.period_key import MonthKey, PartitionKey, parse_key
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.layers import ALL_LAYERS
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.findings import Finding
from aurora_pipeline.proof.verifying.verify import verify_audit, verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import downgrade, upgrade
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline_tests.gated import write_check_publish
from aurora_pipeline_tests.proof.conftest import opened
from aurora_pipeline_tests.store.kept_data import put_back, revision_of

KEPT = sorted(Path(__file__).with_name("kept").glob("*.tar.xz"))
CLOSED = {
    "0001_foundation.up.sql": "1c93bcaa03eb896274e52e91ecc62225db8994f0c4add76f8d4837755fd13458",
    "0001_foundation.down.sql": "75b05ce0c18ea614db4e3fb131d1b98a566fdb503fb107d23dae85ac29ee8bbb",
    "0002_what_was_stated_holds.up.sql": "586db260e0b6904e73caa4ac75f975f1fa0c1e0a36402e67eb44d14a7ed8775f",
    "0002_what_was_stated_holds.down.sql": "1888451268d7886f2b253cca14df9d3335b462b0da2d385e982a288d24c0e241",
    "0003_validator_balances.up.sql": "f4e0c55ba7cea378783fb5e3913a48daf17d7c832ffb02f6b92f3ae999ae5154",
    "0003_validator_balances.down.sql": "1da8c382e1893cdfbdd87f025f13973afcd61c2db663abee3893f8000fac9b93",
    "0004_access.up.sql": "62d6e812df273fd78895c80f319a5ded6a483155f9db126cbe73f56c7361f39c",
    "0004_access.down.sql": "1b82946034498192fa8839d44f9ffd1f58c18ac957aa6ad602d2036c6b340328",
    "0005_execution_income.up.sql": "cfb98f08f025a04c544126272739c87506403abc8a08551eeb3994390ecb6051",
    "0005_execution_income.down.sql": "380787948f0cdc6e37f6c5dfcd2e80634049135f4ababefba447e07692cc88b7",
    "0006_later_warnings.up.sql": "c27cfd6684fb45fa9246ec27aec48572bb737a8ea5fbacdd101a50a3b8ad0bf0",
    "0006_later_warnings.down.sql": "784191751a61f7a83d9d40ac6efc029d1b9f5c11b11400cba11418d5ca605280",
    "0007_guards_see_all.up.sql": "c0b9e657928664f732e1d8f17d88363a29b870d9040e16b3741da6e47e383b3b",
    "0007_guards_see_all.down.sql": "07f44fe8a346d70bc7f2f71a1505ae3afbfe318bfe9008576b555e44c4210f21",
    "0008_partner_rows_fast.up.sql": "bfb1f17950ab6aa6f001fb6da3dc5f2af50d058764ba34c998facdad97780939",
    "0008_partner_rows_fast.down.sql": "12578f1ff647df945d9c9b1286a8f0efb2482c5000ff5bcb68baea4953a66a5f",
    "0009_partners_alone.up.sql": "03c8a970474c670febbb6df9a1820322c47e8bd4164d690d8f3a7be0e4921c96",
    "0009_partners_alone.down.sql": "cc0549c936b9641aa068a110057664761760d4b3627af31017b4a7ba45c41f5b",
    "0010_evidence.up.sql": "aef745a471ead1852ff4b1ee18540ff100a48ba3cec3eed1bfb12fa3b44d11a9",
    "0010_evidence.down.sql": "8c74044157d62e73f6fb48b0c45d1a936b821bf1edef76a252e12ed96613f3a0",
    "0011_wide_keys.up.sql": "f4f8a68604b291a506aec2e8bd0dcd4bac25c81b0f63882b71c2ba70dcfcc8bc",
    "0011_wide_keys.down.sql": "49ae43a6bec70d4ae511b31ed3798b344a9669f3b0da9688d7fc77b61469449b",
    "0012_signed_log.up.sql": "8c16dc8625e4e2d7955dfbec20f6792be3c2fba64e4250c9b5afb8b6a6b34daf",
    "0012_signed_log.down.sql": "98479e5d81522ebf7b3f0deae6af7142f71d06bde6b762eb7f75d9452094fb07",
    "0013_descriptions_of_both.up.sql": "09746ac546e007f3b468a1b3d7c0e5d131f83c6e980ed3a045c4ef19594438e0",
    "0013_descriptions_of_both.down.sql": "423ae4683df457e645a3b493bcb8c010d538aab6a73abeab0648ccd5cd0f1a83",
    "0014_gate_decisions.up.sql": "d120353257901ae3473e27de9d184242e8bb2cbdf7ceffda89f9af0fdec0555e",
    "0014_gate_decisions.down.sql": "5eb85a59a41524c814cf170b1bb3777a320df6fed4b64c7df6c1a2aae0d25d75",
    "0015_whole_entries.up.sql": "7a60c22cf3981a74e1be4d485185d54ea70fe2b4514ad14ba52653cf077acd81",
    "0015_whole_entries.down.sql": "f8fcf0de5573aace809f5b671614f1b7a68aaccbdaeee03fbf383e9edb2050f2",
    "0016_packed_bodies.up.sql": "338ca1d614519378991d55cdf138f4cda2ec8b086733f479674e42c43faf0dd7",
    "0016_packed_bodies.down.sql": "cc7ced44322f4e49a284ed5f501d7690d9ccdb3ef054c0c4121e52a10f6b8ea9",
    "0017_validators_in_states.up.sql": "48328aaad0fbdafe1dc7a2a5a5e560d196f7e80d9f1243f8f556f1ab5017e890",
    "0017_validators_in_states.down.sql": "de1f062f4da0a02db152b6a4518c4de1285898fe8397a9ab043f48d191b696aa",
    "0018_alerts.up.sql": "bbbab85d80a168c959e692399473aa203cf7f0d74f94eb5e6ed8244341869a0b",
    "0018_alerts.down.sql": "e08242239551bb3ecf354ec6ee81b3cf87ac72522f316c38914044a5ad70170b",
    "0019_account_balances.up.sql": "b165728dc3d47b118e4cef6fb1899e5630a34fd9483c29a25a43e378fa51c306",
    "0019_account_balances.down.sql": "c1d07fed2b37fed76a4349e4f83e5b62e4f192cb1b19651fe4e521fe7820f1ed",
    "0020_role_of_the_actor.up.sql": "cac4b4fc89a6bbaa88924bf40d9aa83640ced6d83cb1098b1374c7c4b1491832",
    "0020_role_of_the_actor.down.sql": "513c80a48a11575027eabba6965a2767724ba39b0a81007e310d8265fa8017ce",
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
        "SELECT relname FROM pg_class WHERE relnamespace = 'layers'::regnamespace AND relkind IN ('r', 'p')"
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
    filled = {row[0] for row in before["now"]}
    assert {table.name for table in LAYER_TABLES} - OF_SOME_FAMILIES.keys() <= filled
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
