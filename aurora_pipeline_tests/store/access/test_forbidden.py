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
    "a role that it says itself": "INSERT INTO audit_log (sequence, actor_role, action) VALUES (1, 'ADMIN', 'x')",
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


RULES = {
    "every": (None, None, {"chain", "validator"}),
    "chain": ("solana-demo", None, {"chain", "validator"}),
    "other chain": ("elsewhere", None, {"nowhere"}),
    "validator": (None, "{own}", {"chain", "validator"}),
    "another": (None, "{other}", {"chain"}),
    "pattern": ("solana-demo", "{own:.6}*", {"chain", "validator"}),
    "other pattern": ("solana-demo", "{other:.6}*", {"chain"}),
    "question": (None, "?{rest}", {"chain", "validator"}),
    "dots are dots": ("solana-demo", "....*", {"chain"}),
    "brackets": ("solana-demo", "[{own:.1}]*", {"chain", "validator"}),
}
TERMS = ("agreements", "agreement_versions", "agreement_rules", "agreement_events")


@pytest.mark.parametrize("what", RULES)
def test_narrowed__agreements__are_seen_where_a_rule_is_about_their_chains_and_validators(
    guarded: Guarded, what: str
) -> None:
    """To a chain, to one validator of it, and to a chain that is not there: who is nowhere sees rules of any chain."""
    own, other = (
        guarded.rows(f"SELECT {one}(validator_key) AS key FROM validator_pnl")[0]["key"] for one in ("min", "max")
    )
    chain, key, seen_by = RULES[what]
    named = None if key is None else key.format(own=own, other=other, rest=own[1:])
    people = {"chain": conftest.OVERRODE, "validator": conftest.ONE_VALIDATOR, "nowhere": conftest.NO_CHAIN}
    with guarded.database.connect() as session:
        session.execute("SET LOCAL session_replication_role = replica")
        for table in TERMS:
            session.execute(f"DELETE FROM {table} WHERE agreement_id <> 'northwind-2026'".encode())
        session.execute("UPDATE agreement_rules SET chain_id = %s, validator_key = %s", [chain, named])
        (whole,) = session.execute("SELECT count(*) AS n FROM agreement_rules").fetchall()
        session.execute("SET LOCAL session_replication_role = origin")
        expected = seen_by | ({"nowhere"} if chain is None else set())
        for person, login in people.items():
            session.execute(f"SET LOCAL ROLE {login}".encode())
            for table in TERMS:
                found = session.execute(f"SELECT count(*) AS n FROM {table}".encode()).fetchall()
                assert (found[0]["n"] > 0) is (person in expected), (person, table)
                if table == "agreement_rules" and person in expected:
                    assert found == [whole]
            session.execute("RESET ROLE")
        session.rollback()


def test_narrowed__rules_of_others__and_their_tiers_are_not_seen_beside_their_own(guarded: Guarded) -> None:
    with guarded.database.connect() as session:
        session.execute("SET LOCAL session_replication_role = replica")
        session.execute(
            """UPDATE agreement_rules SET chain_id = 'elsewhere'
               WHERE (agreement_id, version, rule_key) IN
                   (SELECT agreement_id, version, rule_key FROM agreement_rule_tiers)"""
        )
        session.execute("SET LOCAL session_replication_role = origin")
        session.execute(f"SET LOCAL ROLE {conftest.OVERRODE}".encode())
        assert session.execute("SELECT FROM agreement_rule_tiers").fetchall() == []
        assert session.execute("SELECT FROM agreement_rules WHERE chain_id = 'elsewhere'").fetchall() == []
        assert session.execute("SELECT FROM agreement_rules").fetchall()
        session.rollback()


@pytest.mark.parametrize("table", ["agreements", "agreement_rules", "agreement_events"])
def test_narrowed__of_finance__see_agreements_and_decide_none(guarded: Guarded, table: str) -> None:
    """An agreement may be about chains that the person does not see."""
    assert guarded.rows(f"SELECT 1 FROM {table} LIMIT 1", conftest.OVERRODE)
    columns = {
        "agreements": "(agreement_id, partner_id, reason) VALUES ('x', 'northwind', 'why')",
        "agreement_rules": "(agreement_id, version, rule_key) VALUES ('northwind-2026', 1, 'x')",
        "agreement_events": "(agreement_id, event_number, status, effective_from, reason)"
        " VALUES ('northwind-2026', 9, 'TERMINATED', now(), 'why')",
    }
    with guarded.session(conftest.OVERRODE) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(f"INSERT INTO {table} {columns[table]}".encode())


@pytest.mark.parametrize("login", [conftest.ADMIN, conftest.FINANCE, conftest.OPS, conftest.ANALYST, conftest.AUDITOR])
def test_people__narrowed_to_nothing__see_what_the_owner_sees(guarded: Guarded, login: str) -> None:
    for table in ("validator_pnl_in_coins", "monthly_statements_named", "in_force", "restatements", "staging_bodies"):
        count = f"SELECT count(*) AS n FROM {table}"
        assert guarded.rows(count, login) == guarded.rows(count)
        moment = guarded.rows("SELECT max(published_at) AS at FROM publications")[0]["at"]
    past = f"SELECT count(*) AS n FROM validator_pnl_as_of('{moment}')"
    assert guarded.rows(past, login) == guarded.rows(past)


ENTRY = """INSERT INTO audit_log (sequence, action, subject, before, after, previous_hash, entry_hash)
           SELECT max(sequence) + 1, 'partner.renamed', 'partner/x', NULL, '{}', %s, %s FROM audit_log"""
PUBLISHED = """INSERT INTO publications (sequence, published_at, snapshot_id, asset, chain_id, period, previous_hash,
                                         entry_hash)
               SELECT max(sequence) + 1, now(), max(snapshot_id), 'validator_pnl', 'solana-demo', '0000850',
                      repeat('a', 64), repeat('a', 64) FROM publications"""


@pytest.mark.parametrize("login", [conftest.ADMIN, conftest.FINANCE, conftest.OPS])
def test_people__appending_an_entry_with_a_wrong_hash__are_refused_by_the_database(
    guarded: Guarded, login: str
) -> None:
    (last,) = guarded.rows("SELECT entry_hash FROM audit_log ORDER BY sequence DESC LIMIT 1")
    for previous in (last["entry_hash"], "a" * 64):
        with (
            guarded.session(login) as session,
            pytest.raises(psycopg.errors.RaiseException, match="hash is not its own"),
        ):
            session.execute(ENTRY.encode(), [previous, "b" * 64])


@pytest.mark.parametrize("login", [conftest.ADMIN, conftest.FINANCE, conftest.OPS, conftest.ANALYST, conftest.AUDITOR])
def test_people__appending_a_publication_or_to_the_signed_log__are_refused(guarded: Guarded, login: str) -> None:
    for statement in (
        PUBLISHED,
        "INSERT INTO log_leaves VALUES (0, 'audit', 1, repeat('a', 64))",
        "INSERT INTO log_checkpoints (size, root, note) VALUES (1, repeat('a', 64), 'note')",
    ):
        with guarded.session(login) as session, pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement.encode())


@pytest.mark.parametrize("login", [conftest.ADMIN, conftest.OPS])
def test_people__who_change_chains_without_an_entry__are_refused(guarded: Guarded, login: str) -> None:
    """Among what chains say is whether a second person has to release."""
    with guarded.session(login) as session, pytest.raises(psycopg.errors.RaiseException, match="without an entry"):
        session.execute("DELETE FROM chains")
