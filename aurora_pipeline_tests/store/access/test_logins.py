"""Logins of people: made, changed and closed on the server, and who they are in what they decide."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from aurora_pipeline.agreements.partners import rename
from aurora_pipeline.decisions.errors import MayNotDecide, RoleNotFit
from aurora_pipeline.decisions.log import entries, verify
from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import end_user, record_user
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.proof.verifying.verify import verify_audit
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.access.logins import logins
from aurora_pipeline.store.access.safety import access_notes, require_safe_logins
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.errors import DatabaseRefuses, LoginRefused, LoginsUnsafe, PasswordTooShort
from aurora_pipeline_tests.store.access.conftest import (
    ADMIN,
    ANALYST,
    FINANCE,
    OPS,
    PARTNER,
    PEOPLE,
    SECOND,
    SINCE,
    Guarded,
    secret,
)

NEW = "newton"


@pytest.fixture
def by_admin(guarded: Guarded) -> Iterator[Database]:
    """The database as an ADMIN works with it; who was added is gone from the server afterwards."""
    database = guarded.as_login(ADMIN)
    yield database
    database.let_go()
    with guarded.database.connect() as connection:
        connection.execute(f"DROP ROLE IF EXISTS {NEW}".encode())


def _add(
    database: Database, role: UserRole = UserRole.OPS, password: str | None = None, until: datetime | None = None
) -> None:
    told = (NEW, "Nan Ewton", role, None, SINCE, until, deciding(database), "joined us")
    record_user(database, *told, password=secret(NEW) if password is None else password)


@contextmanager
def as_role(guarded: Guarded, person: str) -> Iterator[Connection]:
    """As a program's login that takes a person's role on for one transaction."""
    with guarded.as_login(guarded.roles.api).connect() as connection:
        connection.execute(f"SET LOCAL ROLE {person}".encode())
        yield connection
    guarded.as_login(guarded.roles.api).let_go()


def test_login__made_changed_and_closed_by_an_admin__follows_what_is_recorded(
    guarded: Guarded, by_admin: Database
) -> None:
    _add(by_admin)
    with guarded.session(NEW) as session:
        assert session.execute("SELECT count(*) AS n FROM users").fetchall()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("INSERT INTO users (login) VALUES ('x')")
    _add(by_admin, UserRole.ANALYST)
    with guarded.session(NEW) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute("SELECT count(*) FROM users")
    end_user(by_admin, NEW, deciding(by_admin), "left us")
    with guarded.database.connect() as connection:
        assert logins(connection)[NEW] is False
    with pytest.raises(psycopg.OperationalError), guarded.session(NEW):
        pass
    assert guarded.rows("SELECT recorded_by, recorded_through FROM users WHERE login = 'newton' ORDER BY revision")[
        -1
    ] == {"recorded_by": ADMIN, "recorded_through": ADMIN}


def test_login__its_sessions_when_it_is_closed__may_do_nothing_any_more(guarded: Guarded, by_admin: Database) -> None:
    _add(by_admin)
    with guarded.session(NEW) as session:
        assert session.execute("SELECT 1 FROM validator_pnl LIMIT 1").fetchall()
        end_user(by_admin, NEW, deciding(by_admin), "left us")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT 1 FROM validator_pnl LIMIT 1")


def test_login__its_password__is_hashed_here_and_checked_by_the_server(guarded: Guarded, by_admin: Database) -> None:
    with guarded.database.autocommit() as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    try:
        _add(by_admin)
    finally:
        with guarded.database.autocommit() as connection:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    log = (guarded.server.data_dir / "postgres.log").read_text()
    assert "access_login_follows" in log
    assert secret(NEW) not in log
    with pytest.raises(DatabaseRefuses, match="password"), guarded.as_login(NEW, "another secret").connect():
        pass
    with guarded.session(NEW) as session:
        assert session.execute("SELECT 1 AS one").fetchall()
    (kept,) = guarded.rows(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{NEW}'")
    assert kept["rolpassword"].startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize("login", [FINANCE, OPS, ANALYST])
def test_login__made_by_who_is_no_admin__is_refused(guarded: Guarded, login: str) -> None:
    database = guarded.as_login(login)
    with pytest.raises((AuroraError, psycopg.errors.InsufficientPrivilege)):
        _add(database)
    database.let_go()
    assert guarded.rows(f"SELECT 1 FROM pg_roles WHERE rolname = '{NEW}'") == []


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"password": "too short"}, PasswordTooShort),
        ({"role": UserRole.AUDITOR}, RoleNotFit),
    ],
)
def test_login__that_does_not_fit__is_refused_and_nothing_is_written(
    guarded: Guarded, by_admin: Database, said: dict[str, object], error: type[AuroraError]
) -> None:
    before = guarded.rows("SELECT count(*) AS n FROM users")
    with pytest.raises(error):
        _add(by_admin, **said)  # type: ignore[arg-type]
    assert guarded.rows("SELECT count(*) AS n FROM users") == before
    assert guarded.rows(f"SELECT 1 FROM pg_roles WHERE rolname = '{NEW}'") == []


def test_login__of_a_partner_that_tells_whose_it_is__is_refused(guarded: Guarded, by_admin: Database) -> None:
    told = ("north_nora", "Nora Wynn", UserRole.PARTNER, "northwind", SINCE, None, deciding(by_admin), "their books")
    with pytest.raises(RoleNotFit, match="names Nora"):
        record_user(by_admin, *told, password=secret("north_nora"))


@pytest.mark.parametrize("theirs", ["postgres", "aurora_worker", "aurora_finance", "somebody"])
def test_login__of_a_role_that_aurora_did_not_make_for_a_person__is_refused(
    guarded: Guarded, by_admin: Database, theirs: str
) -> None:
    with guarded.database.connect() as connection:
        connection.execute("DROP ROLE IF EXISTS somebody; CREATE ROLE somebody LOGIN SUPERUSER")
    told = (theirs, "Some Body", UserRole.OPS, None, SINCE, None, deciding(by_admin), "takes it over")
    with pytest.raises(LoginRefused, match="on this server already"):
        record_user(by_admin, *told, password=secret(theirs))
    with guarded.database.connect() as connection:
        connection.execute("DROP ROLE somebody")


def test_auditor__in_time__the_password_ends_with_it(guarded: Guarded, by_admin: Database) -> None:
    _add(by_admin, UserRole.AUDITOR, until=datetime.now(UTC) + timedelta(days=3))
    (row,) = guarded.rows(f"SELECT rolvaliduntil AS until FROM pg_roles WHERE rolname = '{NEW}'")
    assert timedelta(days=2) < row["until"] - datetime.now(UTC) < timedelta(days=4)


@pytest.mark.parametrize("login", [FINANCE, SECOND])
def test_decision__by_a_login_of_ones_own__is_under_its_name_whatever_the_client_says(
    guarded: Guarded, login: str
) -> None:
    database = guarded.as_login(login)
    assert deciding(database) == login
    rename(database, "meridian", f"Meridian by {login}", "somebody else", "asked for by them")
    database.let_go()
    (row,) = guarded.rows("SELECT * FROM partners WHERE partner_id = 'meridian' ORDER BY revision DESC LIMIT 1")
    assert (row["recorded_by"], row["recorded_through"]) == (login, login)
    with guarded.database.connect() as connection:
        *_, newest = entries(connection)
        assert (newest.actor, newest.recorded_through) == (login, login)
        assert verify(connection).holds
        assert verify_audit(connection).failures == ()


def test_decision__through_a_pool__is_under_the_persons_name_with_the_pools_beside_it(guarded: Guarded) -> None:
    with as_role(guarded, FINANCE) as connection:
        (row,) = connection.execute(
            "SELECT current_user::text AS person, session_user::text AS login, access_granted('{FINANCE}') AS may"
        ).fetchall()
        assert row == {"person": FINANCE, "login": guarded.roles.api, "may": True}
        connection.execute("INSERT INTO partners (partner_id, revision, name, reason) VALUES ('pool', 1, 'P', 'x')")
        (row,) = connection.execute(
            "SELECT recorded_by, recorded_through FROM partners WHERE partner_id = 'pool'"
        ).fetchall()
        assert row == {"recorded_by": FINANCE, "recorded_through": guarded.roles.api}
        for query in (
            "SET ROLE aurora_finance",
            "INSERT INTO partners (partner_id, recorded_by) VALUES ('x', 'frank')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(query.encode())
        connection.execute("ROLLBACK")


def test_pool__by_itself_and_after_a_person__sees_and_may_nothing(guarded: Guarded) -> None:
    with as_role(guarded, PARTNER) as connection:
        seen = connection.execute("SELECT DISTINCT partner_id FROM released_statements").fetchall()
        assert seen == [{"partner_id": PEOPLE[PARTNER][1]}]
        connection.execute("COMMIT")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT 1 FROM released_statements")
        connection.execute("ROLLBACK")


def test_decision__of_who_may_not__is_refused_in_words(guarded: Guarded) -> None:
    for login in (ANALYST, guarded.roles.of_role(Role.WORKER)):
        database = guarded.as_login(login)
        with pytest.raises((MayNotDecide, psycopg.errors.InsufficientPrivilege)):
            deciding(database)
        database.let_go()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("ALTER ROLE {partner} SUPERUSER", "is a superuser"),
        ("ALTER ROLE {partner} BYPASSRLS", "passes row-level security"),
        ("ALTER ROLE {api} BYPASSRLS", "passes row-level security"),
        ("ALTER ROLE {api} SUPERUSER", "is a superuser"),
        ("ALTER ROLE {partner} CREATEROLE", "makes roles"),
        ("GRANT pg_read_all_data TO {partner}", "holds the rights of pg_read_all_data"),
        ("GRANT aurora_finance TO {partner}", "holds the rights of aurora_finance"),
        ("GRANT aurora_partner TO {partner} WITH SET TRUE", "holds the rights of aurora_partner"),
        ("GRANT fiona TO {api} WITH INHERIT TRUE", "holds the rights of fiona"),
    ],
)
def test_start__a_login_that_may_more_than_it_should__is_refused(guarded: Guarded, change: str, said: str) -> None:
    with guarded.database.connect() as connection, connection.transaction(force_rollback=True):
        require_safe_logins(connection)
        connection.execute(change.format(partner=PARTNER, api=guarded.roles.api).encode())
        with pytest.raises(LoginsUnsafe, match=said):
            require_safe_logins(connection)


def test_notes__of_a_login_of_ones_own__say_nothing_of_duties(guarded: Guarded) -> None:
    with guarded.database.connect() as connection:
        (trusted,) = access_notes(connection, is_embedded=True)
        owner = access_notes(connection, is_embedded=False)
    assert "trusts its one user" in trusted
    assert "duties are not separated for this login" in owner[0]
    with guarded.session(FINANCE) as session:
        (server,) = access_notes(session, is_embedded=False)
    assert "18.6 or newer" in server


def test_database__somebody_without_a_role_of_it__is_not_let_in(guarded: Guarded) -> None:
    with guarded.database.connect() as connection:
        connection.execute(f"DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD '{secret('stranger')}'")
    with (
        pytest.raises(DatabaseRefuses, match="permission denied for database"),
        guarded.as_login("stranger").connect(),
    ):
        pass
    with guarded.database.connect() as connection:
        connection.execute("DROP ROLE stranger")
