"""Access through the life of a database: two on one server, upgraded and taken back, copied, and policies broken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg import sql

from aurora_pipeline.agreements.tables import PARTNERS
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import Narrowed, record_user
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.access.applying import grant_access, withdraw_access
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.access.safety import access_notes
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.errors import DatabaseRefuses
from aurora_pipeline.store.migrate import downgrade, upgrade
from aurora_pipeline_tests.decided import decide
from aurora_pipeline_tests.store.access.conftest import ANALYST, PARTNER, Guarded, secret

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
ANNE, ACME = "anne", "p_2b4d"


@pytest.fixture
def second(guarded_server: EmbeddedPostgres) -> Iterator[Guarded]:
    """A second Aurora on the server, with an analyst and a partner of its own."""
    found = Guarded(guarded_server, "second")
    guarded_server.ensure_database(found.name)
    upgrade(found.database)
    with found.database.connect() as connection:
        decide(connection, PARTNERS, {"partner_id": "acme", "revision": 1, "name": "Acme"})
    for login, kind, partner in ((ANNE, UserRole.ANALYST, None), (ACME, UserRole.PARTNER, "acme")):
        told = (login, "Any One", kind, partner, SINCE, None, "ada", "joined")
        record_user(found.database, *told, password=secret(login))
    yield found
    found.database.let_go()
    with Database(guarded_server.dsn("postgres")).autocommit() as connection:
        connection.execute("DROP DATABASE second WITH (FORCE)")
        for role in (ANNE, ACME, *Roles.of("second").marks):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_two_auroras__on_one_server__keep_their_people_apart(guarded: Guarded, second: Guarded) -> None:
    assert second.rows("SELECT partner_id FROM partners", ACME) == [{"partner_id": "acme"}]
    for login, other in ((ANNE, guarded), (ACME, guarded), (ANALYST, second), (PARTNER, second)):
        with pytest.raises(DatabaseRefuses, match="permission denied for database"), other.as_login(login).connect():
            pass
    assert not set(guarded.roles.marks) & set(second.roles.marks)


def test_two_auroras__the_login_of_one_ones_person__is_not_given_to_the_other(
    guarded: Guarded, second: Guarded
) -> None:
    told = (ANALYST, "Any One", UserRole.OPS, None, SINCE, None, "ada", "joined")
    with pytest.raises(Exception, match="is no person of this database"):
        record_user(second.database, *told, password=secret(ANALYST))
    assert guarded.rows("SELECT count(*) AS n FROM validator_pnl", ANALYST)[0]["n"] > 0


def test_downgrade__below_the_policies__leaves_nobody_a_right(second: Guarded) -> None:
    downgrade(second.database, "0003")
    for login in (ANNE, ACME):
        for query in ("SELECT * FROM partners", "SELECT * FROM layers.partner_commission_lines"):
            with second.session(login) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute(query.encode())
    upgrade(second.database)
    assert second.rows("SELECT partner_id FROM partners", ACME) == [{"partner_id": "acme"}]
    second.rows("SELECT * FROM validator_pnl", ANNE)


def test_copy__of_a_database__takes_the_rights_of_the_originals_people_away(
    second: Guarded, guarded_server: EmbeddedPostgres
) -> None:
    second.database.let_go()
    copy = Guarded(guarded_server, "second_copy")
    admin = Database(guarded_server.dsn("postgres"))
    with admin.autocommit() as connection:
        connection.execute("CREATE DATABASE second_copy TEMPLATE second STRATEGY file_copy")
    grant_access(copy.database)
    held = copy.rows(
        """SELECT grantee::regrole::text AS who FROM pg_class c, aclexplode(c.relacl)
           WHERE c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace) AND grantee <> relowner
           UNION SELECT r::regrole::text FROM pg_policy p, unnest(p.polroles) r"""
    )
    assert {row["who"] for row in held} <= set(copy.roles.marks)
    withdraw_access(copy.database)
    copy.database.let_go()
    with admin.autocommit() as connection:
        connection.execute("DROP DATABASE second_copy WITH (FORCE)")


def test_person__narrowed_later__is_by_the_next_decision(guarded: Guarded) -> None:
    told = ("later", "Any One", UserRole.ANALYST, None, SINCE, None, "olivia", "joined us")
    record_user(guarded.database, *told, password=secret("later"))
    assert guarded.rows("SELECT 1 FROM validator_pnl LIMIT 1", "later")
    record_user(guarded.database, *told, narrowed=Narrowed(chains=("elsewhere",)))
    assert guarded.rows("SELECT 1 FROM validator_pnl LIMIT 1", "later") == []
    record_user(guarded.database, *told)
    assert guarded.rows("SELECT 1 FROM validator_pnl LIMIT 1", "later")


BROKEN = {
    "no policies on lines": ("ALTER TABLE layers.partner_commission_lines DISABLE ROW LEVEL SECURITY", "lines"),
    "any partner": ("ALTER POLICY partner_reads ON layers.partner_commission_lines USING (true)", "lines"),
    "drafts too": (
        "ALTER POLICY partner_reads ON layers.partner_commission_lines USING (partner_id = access_partner())",
        "lines",
    ),
    "released of all": ("ALTER POLICY partner_reads ON released_snapshots USING (true)", "released"),
    "one permissive policy more": ("CREATE POLICY mine ON partners TO aurora_partner USING (true)", "partners"),
    "agreements of all": ("ALTER POLICY partner_reads ON agreements USING (true)", "terms"),
    "a view of its owner": ("ALTER VIEW released_statement_lines RESET (security_invoker)", "view"),
}
_SEEN = {
    "lines": "SELECT snapshot_id, line_id FROM layers.partner_commission_lines",
    "released": "SELECT statement_id, snapshot_id FROM released_snapshots",
    "partners": "SELECT partner_id FROM partners",
    "terms": "SELECT agreement_id, version, rule_key FROM agreement_rules",
    "view": "SELECT line_id FROM released_statement_lines",
}


@pytest.mark.parametrize("what", BROKEN)
def test_policies__one_of_them_broken__shows_more_to_a_partner(guarded: Guarded, what: str) -> None:
    change, seen = BROKEN[what]
    with guarded.database.connect() as connection, connection.transaction(force_rollback=True):
        before: list[object] = []
        after: list[object] = []
        for statement, found in (("SELECT 1", before), (change, after)):
            connection.execute("RESET ROLE")
            connection.execute(statement.encode())
            connection.execute(f"SET LOCAL ROLE {PARTNER}".encode())
            found += connection.execute(_SEEN[seen].encode()).fetchall()
    assert len(after) > len(before) > 0


@pytest.fixture
def plain(guarded_server: EmbeddedPostgres) -> Iterator[Guarded]:
    """A database whose owner is no superuser and passes no policies, but may make roles."""
    found = Guarded(guarded_server, "plain")
    admin = Database(guarded_server.dsn("postgres"))
    with admin.autocommit() as connection:
        connection.execute(f"CREATE ROLE olaf LOGIN CREATEROLE PASSWORD '{secret('olaf')}'".encode())
        connection.execute("CREATE DATABASE plain OWNER olaf TEMPLATE template0")
    yield found
    found.database.let_go()
    with admin.autocommit() as connection:
        connection.execute("DROP DATABASE plain WITH (FORCE)")
        for role in (ANNE, ACME, *Roles.of("plain").marks, "olaf"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def test_upgrade__by_an_owner_who_is_no_superuser__makes_the_roles_and_goes_on_working_itself(plain: Guarded) -> None:
    owner = plain.as_login("olaf")
    upgrade(owner)
    with owner.connect() as connection:
        decide(connection, PARTNERS, {"partner_id": "acme", "revision": 1, "name": "Acme"})
        assert connection.execute("SELECT count(*) AS n FROM partners").fetchall() == [{"n": 1}]
        notes = access_notes(connection, is_embedded=False)
    assert "the owner of the database works itself" in notes[-1]
    for login, kind, partner in ((ANNE, UserRole.ANALYST, None), (ACME, UserRole.PARTNER, "acme")):
        told = (login, "Any One", kind, partner, SINCE, None, "ada", "joined")
        record_user(owner, *told, password=secret(login))
    owner.let_go()
    assert plain.rows("SELECT partner_id FROM partners", ACME) == [{"partner_id": "acme"}]
    assert plain.rows("SELECT * FROM validator_pnl", ANNE) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        plain.rows("SELECT * FROM users", ACME)
    downgrade(owner, "base")
    upgrade(owner)
    owner.let_go()
