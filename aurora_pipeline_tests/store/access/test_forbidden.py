"""Each role and each thing that it may not do on each table and function, as SQL: the database refuses all of it."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from aurora_pipeline.store.access.declared import COLUMNS, PARTNER_SEES, Role
from aurora_pipeline.store.access.objects import functions_declared, tables_declared, views_declared
from aurora_pipeline_tests.store.access import conftest
from aurora_pipeline_tests.store.access.conftest import Guarded

LOGINS = {
    Role.ADMIN: conftest.ADMIN,
    Role.FINANCE: conftest.FINANCE,
    Role.OPS: conftest.OPS,
    Role.ANALYST: conftest.ANALYST,
    Role.AUDITOR: conftest.AUDITOR,
    Role.PARTNER: conftest.PARTNER,
}
_CHANGES = ("UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0}", "LOCK TABLE {0} IN EXCLUSIVE MODE")


def forbidden(guarded: Guarded, role: Role) -> Iterator[str]:
    """Every statement on a table, view or function that a role is refused."""
    first = {row["name"]: row["column"] for row in guarded.rows(_FIRST)}
    for schema, name, access in tables_declared():
        place = f"{schema}.{name}"
        sees_some = role in COLUMNS.get(name, {}) or (role is Role.PARTNER and name in PARTNER_SEES)
        if role not in access.reads and not sees_some:
            yield f"SELECT count(*) FROM {place}"
            yield f"COPY (SELECT * FROM {place}) TO STDOUT"
            yield f"EXPLAIN SELECT * FROM {place}"
        if role not in access.adds:
            yield f"INSERT INTO {place} DEFAULT VALUES"
            yield f"COPY {place} FROM STDIN"
        for change in _CHANGES:
            if not (access.is_mirror and role in access.adds and change.startswith(("DELETE", "LOCK"))):
                yield change.format(place, first[place])
        for action in (
            "DISABLE TRIGGER ALL",
            "NO FORCE ROW LEVEL SECURITY",
            "ADD COLUMN x int",
            "OWNER TO CURRENT_USER",
        ):
            yield f"ALTER TABLE {place} {action}"
    yield from (f"SELECT count(*) FROM {name}" for name, reads in views_declared().items() if role not in reads)
    for name, callers in functions_declared().items():
        if role not in callers:
            yield guarded.rows(_CALL.format(name))[0]["call"]


_FIRST = """SELECT n.nspname || '.' || c.relname AS name, min(a.attname::text) AS column
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname IN ('public', 'layers') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND a.attidentity = '' GROUP BY 1"""
_CALL = """SELECT format('SELECT %I(%s)', p.proname, (SELECT string_agg('NULL::' || t::regtype, ', ' ORDER BY place)
    FROM unnest(p.proargtypes) WITH ORDINALITY x(t, place))) AS call
    FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.proname = '{}'"""


@pytest.mark.parametrize("role", LOGINS)
def test_role__each_thing_that_it_may_not_do__is_refused_by_the_database(guarded: Guarded, role: Role) -> None:
    attempts = list(forbidden(guarded, role))
    assert len(attempts) > 500
    let: list[str] = []
    with guarded.session(LOGINS[role]) as session:
        for attempt in attempts:
            try:
                session.execute("BEGIN")
                session.execute(attempt.encode())
                let.append(attempt)
            except psycopg.errors.InsufficientPrivilege:
                pass
            except psycopg.Error as error:
                let.append(f"{attempt}: {error}")
            finally:
                session.execute("ROLLBACK")
    assert let == []


_PARTNER = "INSERT INTO partners (partner_id, revision, name, {}) VALUES ('x', 1, 'X', '{}')"
FORGED = {
    "another's name": _PARTNER.format("recorded_by", "frank"),
    "another login": _PARTNER.format("recorded_through", "frank"),
    "another time": _PARTNER.format("recorded_at", "2020-01-01"),
    "another's entry": "INSERT INTO audit_log (sequence, actor, action, subject) VALUES (1, 'frank', 'x', 'x')",
    "an approval": "INSERT INTO statement_approvals (attempt, recorded_by) VALUES (1, 'frank')",
    "a release": "INSERT INTO statement_releases (approver, recorded_by) VALUES ('fiona', 'frank')",
    "another's role": "SET ROLE frank",
    "the group's role": "SET ROLE aurora_finance",
    "the owner's role": "SET ROLE postgres",
    "the lock": "SELECT pg_advisory_xact_lock(4717, 1)",
}


@pytest.mark.parametrize("what", FORGED)
def test_finance__forging_who_it_was__is_refused_by_the_database(guarded: Guarded, what: str) -> None:
    with guarded.session(conftest.FINANCE) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(FORGED[what].encode())


@pytest.mark.parametrize("table", ["validator_pnl", "partners", "audit_log", "users", "statement_approvals"])
def test_people__whose_time_is_over__see_nothing_and_add_nothing(guarded: Guarded, table: str) -> None:
    with pytest.raises(psycopg.OperationalError), guarded.session(conftest.FORMER):
        pass
    # As in a session that was open before, or through a pool that has not heard of it.
    with guarded.database.connect() as session:
        session.execute(f"SET LOCAL ROLE {conftest.FORMER}".encode())
        assert session.execute(f"SELECT * FROM {table} LIMIT 1".encode()).fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege), session.transaction():
            session.execute("INSERT INTO partners (partner_id, revision, name, reason) VALUES ('x', 1, 'X', 'x')")


def test_narrowed__to_another_chain__sees_nothing_of_this_one(guarded: Guarded) -> None:
    for table in (
        "validator_pnl",
        "partner_commission_lines",
        "canonical_periods",
        "statement_submissions",
        "agreements",
    ):
        assert guarded.rows(f"SELECT 1 FROM {table} LIMIT 1")
        assert guarded.rows(f"SELECT 1 FROM {table} LIMIT 1", conftest.NO_CHAIN) == []


def test_narrowed__to_a_validator__sees_its_figures_and_no_sum_of_others(guarded: Guarded) -> None:
    (own,) = guarded.rows("SELECT min(validator_key) AS key FROM validator_pnl")
    for table in (
        "validator_pnl",
        "partner_commission_lines",
        "revenue_allocation",
        "layers.canonical_stake_positions",
    ):
        seen = guarded.rows(f"SELECT DISTINCT validator_key AS key FROM {table}", conftest.ONE_VALIDATOR)
        assert seen == [own]
        assert len(guarded.rows(f"SELECT DISTINCT validator_key FROM {table}")) > 1
    for table in ("monthly_statements", "commission_rule_results", "staging_bodies", "statement_submissions"):
        assert guarded.rows(f"SELECT 1 FROM {table} LIMIT 1", conftest.ONE_VALIDATOR) == []


@pytest.mark.parametrize("login", [conftest.ADMIN, conftest.FINANCE, conftest.OPS, conftest.ANALYST, conftest.AUDITOR])
def test_people__narrowed_to_nothing__see_what_the_owner_sees(guarded: Guarded, login: str) -> None:
    for table in ("validator_pnl_in_coins", "monthly_statements_named", "in_force", "restatements", "staging_bodies"):
        count = f"SELECT count(*) AS n FROM {table}"
        assert guarded.rows(count, login) == guarded.rows(count)
        moment = guarded.rows("SELECT max(published_at) AS at FROM publications")[0]["at"]
    past = f"SELECT count(*) AS n FROM validator_pnl_as_of('{moment}')"
    assert guarded.rows(past, login) == guarded.rows(past)
