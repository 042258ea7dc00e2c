"""The login that only reads: everything but the secrets, and no write by any way round a read-only session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.access.applying import grant_access, withdraw_access
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.access.reading import reader
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import downgrade, upgrade

_VIEWS = """SELECT c.oid::regclass::text AS name FROM pg_class c
    WHERE c.relkind IN ('v', 'r') AND c.relname <> 'instance_secret'
      AND c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace) ORDER BY 1"""
_FUNCTIONS = """SELECT proname AS name FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname LIKE '%\\_as\\_of' ORDER BY 1"""
REFUSED = [
    "INSERT INTO chains VALUES ('x', 'X', true, 'solana', 'EPOCH', 0, 'X', 9, 1, true)",
    "UPDATE chains SET native_decimals = 1",
    "UPDATE ledger_clock SET last_instant = 'infinity'",
    "DELETE FROM providers",
    "TRUNCATE providers",
    "SELECT * FROM chains FOR UPDATE",
    "SELECT record_instant()",
    "CREATE TABLE mine (x int)",
    "CREATE TABLE layers.mine (x int)",
    "CREATE TEMPORARY TABLE mine (x int)",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE VIEW in_force AS SELECT 1 AS one",
    "ALTER TABLE publications DISABLE TRIGGER ALL",
    "DROP VIEW in_force CASCADE",
    "BEGIN; LOCK TABLE publications IN EXCLUSIVE MODE",
    "COPY chains FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "COPY (SELECT 1) TO '/tmp/copied'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT secret FROM instance_secret",
    "SELECT count(*) FROM instance_secret",
    "COPY instance_secret TO STDOUT",
    "SELECT rolpassword FROM pg_authid",
    "SET ROLE postgres",
    "SET ROLE pg_read_server_files",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "GRANT pg_write_all_data TO CURRENT_USER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE mine",
    "ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT INSERT ON TABLES TO PUBLIC",
    "ALTER SYSTEM SET fsync = off",
    "SELECT pg_advisory_lock(4717, 1)",
    "SELECT pg_advisory_xact_lock_shared(4717, 1)",
    "SELECT pg_try_advisory_xact_lock(0)",
]


@pytest.fixture(scope="module")
def granted(shared_database: Database) -> Iterator[Database]:
    """A database whose two roles are made, and gone after the test."""
    grant_access(shared_database)
    yield shared_database
    withdraw_access(shared_database)


@pytest.fixture(scope="module")
def login(granted: Database) -> str:
    """How the login that only reads connects."""
    reading, why_not = reader(granted)
    assert why_not is None
    reading.let_go()
    return reading.conninfo


@pytest.mark.parametrize("statement", REFUSED)
def test_login__set_to_write__is_refused_all_the_same(login: str, statement: str) -> None:
    with psycopg.connect(login, autocommit=True) as session:
        for before in ("SELECT", "RESET ROLE; RESET SESSION AUTHORIZATION", "SET ROLE NONE"):
            session.execute(f"SET default_transaction_read_only = off; {before}".encode())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(statement.encode())
            session.execute("ROLLBACK")


def test_login__every_table_view_and_as_of_function__is_read(login: str) -> None:
    with psycopg.connect(login, autocommit=True) as session:
        names = [str(name) for (name,) in session.execute(_VIEWS)]
        functions = [str(name) for (name,) in session.execute(_FUNCTIONS)]
        assert len(names) > 50
        assert "in_force_as_of" in functions
        for name in names:
            session.execute(f"SELECT * FROM {name} LIMIT 1".encode())
        for name in functions:
            session.execute(f"SELECT * FROM {name}(now() - interval '1 second')".encode())
            # It waits in a subtransaction that is rolled back: no lock is left behind.
            assert (
                session.execute(
                    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                ).fetchall()
                == []
            )


def test_reader__a_table_of_a_later_migration__is_read_too(database: Database) -> None:
    reading, _ = reader(database)
    with database.connect() as connection:
        connection.execute("CREATE TABLE came_later (x int); CREATE VIEW shown_later AS SELECT * FROM came_later")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), reading.connect() as session:
        session.execute("SELECT * FROM shown_later")
    upgrade(database)
    with reading.connect() as session:
        assert session.execute("SELECT * FROM came_later, shown_later").fetchall() == []
    reading.let_go()
    withdraw_access(database)


def test_grant__who_may_publish_and_is_no_superuser__may_still_lock(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("CREATE ROLE publishes; GRANT INSERT ON publications TO publishes")
    grant_access(database)
    asked = """SELECT bool_and(has_function_privilege(%s, oid, 'EXECUTE')) AS every,
                      bool_or(has_function_privilege(%s, oid, 'EXECUTE')) AS some
               FROM pg_proc WHERE proname LIKE 'pg%%advisory%%'"""
    login = Roles.of(str(_parts(database)["dbname"])).login
    with database.connect() as connection:
        assert connection.execute(asked, ["publishes", "publishes"]).fetchone() == {"every": True, "some": True}
        assert connection.execute(asked, [login, login]).fetchone() == {"every": False, "some": False}
        connection.execute("DROP OWNED BY publishes; DROP ROLE publishes")
    withdraw_access(database)


def test_reader__a_database_whose_locks_were_everybodys__takes_them_when_asked(database: Database) -> None:
    grant_access(database)
    with database.connect() as connection:
        connection.execute("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC")
    reading, why_not = reader(database)
    assert why_not is None
    with pytest.raises(psycopg.errors.InsufficientPrivilege), reading.connect() as session:
        session.execute("SELECT pg_advisory_lock(1)")
    reading.let_go()
    withdraw_access(database)


def test_reader__a_copy_or_restored_database__is_granted_when_asked(database: Database) -> None:
    reading, why_not = reader(database)
    assert why_not is None
    assert reading.reads_only
    assert reading.shown.endswith("_reader") or "_reader " in reading.shown
    reading.let_go()
    withdraw_access(database)


def test_upgrade__makes_the_roles__and_base_takes_them_away(server: EmbeddedPostgres) -> None:
    name = f"roles_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server.drop_database(name)
    server.ensure_database(name)
    database = Database(server.dsn(name))
    upgrade(database)
    assert set(_roles_of(database)) == set(Roles.of(name).marks)
    downgrade(database, "base")
    assert _roles_of(database) == []
    database.let_go()
    server.drop_database(name)


def test_grant__when_the_user_may_make_no_roles__reading_falls_back_and_says_why(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS plain")
        connection.execute("CREATE ROLE plain LOGIN IN ROLE pg_read_all_data")
    plain = Database(make_conninfo(database.conninfo, user="plain"))
    with suppress(AuroraError):
        withdraw_access(database)
    reading, why_not = reader(plain)
    assert reading == replace(plain, reads_only=True)
    assert why_not is not None
    assert "can't be made or granted" in why_not
    plain.let_go()
    with database.connect() as connection:
        connection.execute("DROP ROLE plain")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("GRANT UPDATE ON chains TO {}", "change chains"),
        ("GRANT UPDATE (native_decimals) ON chains TO {}", "change chains"),
        ("GRANT SELECT ON instance_secret TO {}", "read instance_secret"),
        ("GRANT pg_read_server_files TO {}", "be pg_read_server_files"),
        ("ALTER ROLE {} CREATEDB", "act as an administrator"),
        ("GRANT CREATE ON SCHEMA public TO {}", "create in the schema public"),
        ("GRANT TEMPORARY ON DATABASE {db} TO {}", "create schemas or temporary tables"),
        ("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO {}", "take the lock of publications"),
    ],
)
def test_reader__the_login_was_given_more__is_not_used(database: Database, more: str, named: str) -> None:
    grant_access(database)
    name = str(_parts(database)["dbname"])
    with database.connect() as connection:
        connection.execute(more.format(Roles.of(name).login, db=name).encode())
    reading, why_not = reader(database)
    assert reading == replace(database, reads_only=True)
    assert named in str(why_not)
    withdraw_access(database)


def test_grant__a_role_of_that_name_that_is_somebody_elses__is_given_nothing(database: Database) -> None:
    theirs = Roles.of(str(_parts(database)["dbname"])).login
    with database.connect() as connection:
        connection.execute(f"CREATE ROLE {theirs} LOGIN".encode())
    reading, why_not = reader(database)
    assert reading == replace(database, reads_only=True)
    assert "Aurora did not make it" in str(why_not)
    with database.connect() as connection:
        row = connection.execute("SELECT has_table_privilege(%s, 'chains', 'SELECT') AS it", [theirs]).fetchone()
        assert row == {"it": False}
        connection.execute(f"DROP ROLE {theirs}".encode())


def test_roles__names_longer_than_postgres_keeps__differ() -> None:
    one, other = Roles.of("d" * 60), Roles.of("d" * 61)
    names = {one.group, one.login, other.group, other.login}
    assert len(names) == 4
    assert max(len(name) for name in names) <= 63


def _parts(database: Database) -> dict[str, str | int | None]:
    return dict(conninfo_to_dict(database.conninfo))


def _roles_of(database: Database) -> list[str]:
    name = str(_parts(database)["dbname"])
    with database.connect() as connection:
        rows = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{name}\\_%"]).fetchall()
    return [row["rolname"] for row in rows]
