"""A server that asks for passwords, with a database of two lived months, and logins of every kind of person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import Narrowed, record_user
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.store.kept_data import put_back, revision_of

KEPT = Path(__file__).parents[1] / "kept" / "0001.tar.xz"
CHAIN = "solana-demo"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ADMIN, FINANCE, SECOND, OPS, ANALYST, AUDITOR = "adele", "fiona", "frank", "oona", "anna", "audrey"
PARTNER, OTHER, UNRELEASED = "p_7f3a", "p_90c1", "p_5c2e"
NO_CHAIN, ONE_VALIDATOR, FORMER = "nils", "vera", "fred"
OVERRODE = "finley"
"""Of FINANCE, narrowed to the chain: who overrode a figure of Northwind's August, which September adjusts."""
PEOPLE: dict[str, tuple[UserRole, str | None]] = {
    ADMIN: (UserRole.ADMIN, None),
    FINANCE: (UserRole.FINANCE, None),
    SECOND: (UserRole.FINANCE, None),
    OPS: (UserRole.OPS, None),
    ANALYST: (UserRole.ANALYST, None),
    AUDITOR: (UserRole.AUDITOR, None),
    PARTNER: (UserRole.PARTNER, "northwind"),
    OTHER: (UserRole.PARTNER, "lumen"),
    UNRELEASED: (UserRole.PARTNER, "meridian"),
}
_HBA = "local all postgres trust\nlocal all all scram-sha-256\n"


@dataclass(frozen=True)
class Guarded:
    """A database whose server asks everybody but its superuser for a password."""

    server: EmbeddedPostgres
    name: str

    @property
    def database(self) -> Database:
        """As the superuser, who owns it."""
        return Database(self.server.dsn(self.name))

    @property
    def roles(self) -> Roles:
        """What its roles are called."""
        return Roles.of(self.name)

    def as_login(self, login: str, password: str | None = None) -> Database:
        """As somebody else."""
        given = secret(login) if password is None else password
        return Database(make_conninfo(self.server.dsn(self.name), user=login, password=given))

    @contextmanager
    def session(self, login: str) -> Iterator[Connection]:
        """A session of somebody's, each statement by itself."""
        with psycopg.connect(self.as_login(login).conninfo, autocommit=True, row_factory=dict_row) as connection:
            yield connection

    def rows(self, query: str, login: str | None = None) -> list[dict[str, Any]]:
        """What somebody sees; the superuser sees all."""
        with self.database.connect() if login is None else self.session(login) as connection:
            return connection.execute(query.encode()).fetchall()


def secret(login: str) -> str:
    """The password of a login of these tests."""
    return f"the secret of {login}"


@pytest.fixture(scope="session")
def guarded_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of these tests' own: who may log in to it, and how, is of the whole server."""
    with EmbeddedPostgres.start(tmp_path_factory.mktemp("guarded")) as postgres:
        (postgres.data_dir / "cluster" / "pg_hba.conf").write_text(_HBA)
        with Database(postgres.dsn("postgres")).autocommit() as connection:
            for change in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):
                connection.execute(change.encode())
        yield postgres


@pytest.fixture(scope="session")
def guarded(guarded_server: EmbeddedPostgres) -> Iterator[Guarded]:
    """Two lived months with statements of four partners, three of them released, and everybody's login."""
    found = Guarded(guarded_server, "aurora")
    guarded_server.ensure_database(found.name)
    upgrade(found.database, revision_of(KEPT))
    with found.database.connect() as connection:
        put_back(connection, KEPT)
    upgrade(found.database)
    for login, (role, partner) in PEOPLE.items():
        until = datetime.now(UTC) + timedelta(days=30) if role is UserRole.AUDITOR else None
        _add(found.database, login, role, partner, until=until)
    (validator,) = found.rows("SELECT min(validator_key) AS key FROM validator_pnl")
    _add(found.database, NO_CHAIN, UserRole.ANALYST, None, Narrowed(chains=("elsewhere",)))
    _add(found.database, ONE_VALIDATOR, UserRole.ANALYST, None, Narrowed((CHAIN,), (validator["key"],)))
    _add(found.database, OVERRODE, UserRole.FINANCE, None, Narrowed(chains=(CHAIN,)))
    # His time runs out by itself: nobody disables the login.
    soon = datetime.now(UTC) + timedelta(seconds=1)
    _add(found.database, FORMER, UserRole.FINANCE, None, until=soon)
    with found.database.connect() as connection:
        connection.execute("SELECT pg_sleep_until(%s)", [soon])
        for login in (found.roles.of_role(Role.WORKER), found.roles.api, found.roles.login):
            connection.execute(f"ALTER ROLE {login} PASSWORD '{secret(login)}'".encode())
    found.database.let_go()
    yield found
    found.database.let_go()


def _add(
    database: Database,
    login: str,
    role: UserRole,
    partner: str | None,
    narrowed: Narrowed | None = None,
    until: datetime | None = None,
) -> None:
    told = (login, f"Person {len(login)}", role, partner, SINCE, until, "olivia", "joined us")
    record_user(database, *told, narrowed=narrowed or Narrowed(), password=secret(login))
