"""What the database grants is what is declared: nothing less, and nothing more, and docs/access.md says it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.store.access.applying import grant_access, withdraw_access
from aurora_pipeline.store.access.declared import COLUMNS, LAYERS, PARTNER_SEES, TABLES, Role
from aurora_pipeline.store.access.names import Roles, roles_of
from aurora_pipeline.store.access.objects import (
    functions_declared,
    insert_columns,
    tables_declared,
    views_declared,
)
from aurora_pipeline.store.access.page import page
from aurora_pipeline.store.database import Database
from aurora_pipeline.tables import ALL_TABLES, LAYER_TABLES

DOCUMENT = Path(__file__).parents[3] / "docs" / "access.md"
# One row for each right that somebody but the owner holds: on what, which one, and who.
_GRANTED = """
SELECT 'relation' AS kind, c.oid::regclass::text AS name, '' AS detail, a.privilege_type AS held, a.grantee
FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace)
  AND a.grantee <> c.relowner
UNION ALL
SELECT 'column', c.oid::regclass::text, t.attname, a.privilege_type, a.grantee
FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
WHERE c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace)
UNION ALL
SELECT 'function', p.proname, '', a.privilege_type, a.grantee
FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE p.pronamespace IN ('public'::regnamespace, 'layers'::regnamespace) AND a.grantee <> p.proowner
UNION ALL
SELECT 'schema', n.nspname, '', a.privilege_type, a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname IN ('public', 'layers') AND a.grantee <> n.nspowner
UNION ALL
SELECT 'database', '', '', a.privilege_type, a.grantee FROM pg_database d, aclexplode(d.datacl) a
WHERE d.datname = current_database() AND a.grantee <> d.datdba
"""
Right = tuple[str, str, str, str, str]


@pytest.fixture(scope="module")
def granted(shared_database: Database) -> Iterator[Database]:
    """A database whose roles are made, and gone after the test."""
    grant_access(shared_database)
    yield shared_database
    withdraw_access(shared_database)


def held(database: Database, but: frozenset[str]) -> set[Right]:
    """Every right that anybody but the owner and some roles hold."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT kind, name, detail, held, coalesce(r.rolname, 'everybody') AS who"
            f" FROM ({_GRANTED}) g LEFT JOIN pg_roles r ON r.oid = g.grantee".encode()
        ).fetchall()
    return {(row["kind"], row["name"], row["detail"], row["held"], row["who"]) for row in rows if row["who"] not in but}


def expected(database: Database, roles: Roles) -> set[Right]:
    """The same as it is declared."""
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT attrelid::regclass::text AS name, array_agg(attname::text) AS columns FROM pg_attribute"
            " WHERE attnum > 0 AND NOT attisdropped GROUP BY 1"
        ).fetchall()
    columns = {row["name"]: frozenset(row["columns"]) for row in rows}
    of = roles.of_role
    found: set[Right] = {("schema", schema, "", "USAGE", of(role)) for schema in ("public", "layers") for role in Role}
    found |= {("database", "", "", "CONNECT", name) for name in roles.marks if name not in (roles.group, roles.login)}
    found |= {("schema", "public", "", "USAGE", "everybody")}
    for schema, name, access in tables_declared():
        shown = f"layers.{name}" if schema == "layers" else name
        found |= {("relation", shown, "", "SELECT", of(role)) for role in access.reads}
        filled = insert_columns(access, columns[shown])
        for role in access.adds:
            found |= {("relation", shown, "", "DELETE", of(role))} if access.is_mirror else set()
            if filled is None:
                found |= {("relation", shown, "", "INSERT", of(role))}
            else:
                found |= {("column", shown, column, "INSERT", of(role)) for column in filled}
    for table, partner in PARTNER_SEES.items():
        shown = f"layers.{table}" if table in LAYERS else table
        readable = columns[shown] - partner.hidden
        found |= {("column", shown, column, "SELECT", of(Role.PARTNER)) for column in readable}
    for table, by_role in COLUMNS.items():
        found |= {("column", table, name, "SELECT", of(role)) for role, names in by_role.items() for name in names}
    found |= {("relation", name, "", "SELECT", of(role)) for name, reads in views_declared().items() for role in reads}
    called = functions_declared().items()
    return found | {("function", name, "", "EXECUTE", of(role)) for name, roles_ in called for role in roles_}


def test_grants__of_the_catalog__are_those_declared(granted: Database) -> None:
    with granted.connect() as connection:
        roles = roles_of(connection)
    readers = frozenset({roles.group, roles.login})
    assert held(granted, readers) == expected(granted, roles)


def test_grants__repeated__stay_the_same(granted: Database) -> None:
    before = held(granted, frozenset())
    grant_access(granted)
    assert held(granted, frozenset()) == before


@pytest.mark.parametrize(
    "more",
    [
        "GRANT UPDATE ON statement_approvals TO {finance}",
        "GRANT INSERT (recorded_by) ON statement_approvals TO {finance}",
        "GRANT SELECT ON users TO {partner}",
        "DROP POLICY people_read ON users; GRANT SELECT ON users TO {partner}",
        "GRANT EXECUTE ON FUNCTION record_instant() TO PUBLIC",
        "REVOKE SELECT ON validator_pnl FROM {analyst}",
    ],
)
def test_grants__somebody_changed_them__are_put_right_by_the_next_upgrade(granted: Database, more: str) -> None:
    before = held(granted, frozenset())
    with granted.connect() as connection:
        roles = roles_of(connection)
        connection.execute(more.format(**{role.lower(): roles.of_role(role) for role in Role}).encode())
    assert held(granted, frozenset()) != before
    grant_access(granted)
    assert held(granted, frozenset()) == before


def test_declaration__every_object_of_the_database__stands_in_it(granted: Database) -> None:
    with granted.connect() as connection:
        relations = connection.execute(
            "SELECT relname AS name, relkind = 'v' AS is_view FROM pg_class WHERE relkind IN ('r', 'v', 'p', 'm')"
            " AND relnamespace IN ('public'::regnamespace, 'layers'::regnamespace)"
        ).fetchall()
        functions = connection.execute(
            "SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        ).fetchall()
    tables = {row["name"] for row in relations if not row["is_view"]}
    assert tables == {*LAYERS, *TABLES}
    assert {row["name"] for row in relations if row["is_view"]} == set(views_declared())
    assert {row["name"] for row in functions} == set(functions_declared())


def test_declaration__layers_and_people__are_those_of_the_code() -> None:
    assert set(LAYERS) == {table.name for table in LAYER_TABLES}
    assert {table.name for table in ALL_TABLES} <= {*LAYERS, *TABLES}
    assert {role.value for role in UserRole} == {role.value for role in Role} - {"WORKER"}


def test_declaration__nobody_both_computes_and_decides() -> None:
    for _, name, access in tables_declared():
        assert Role.WORKER not in access.adds or access.is_mirror or access.adds == {Role.WORKER}, name


def test_roles__attributes__are_plain_but_for_the_worker_that_passes_policies(granted: Database) -> None:
    with granted.connect() as connection:
        roles = roles_of(connection)
        rows = connection.execute(
            """SELECT rolname, rolcanlogin, rolinherit, rolbypassrls,
                      rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication AS is_more
               FROM pg_roles WHERE rolname = ANY(%s)""",
            [list(roles.marks)],
        ).fetchall()
    assert {row["rolname"] for row in rows} == set(roles.marks)
    assert not [row for row in rows if row["is_more"]]
    assert {row["rolname"] for row in rows if row["rolbypassrls"]} == {roles.of_role(Role.WORKER)}
    assert {row["rolname"] for row in rows if not row["rolinherit"]} == {roles.api}
    logins = {roles.of_role(Role.WORKER), roles.api, roles.login}
    assert {row["rolname"] for row in rows if row["rolcanlogin"]} == logins


def test_access_document__declaration_as_it_is__is_up_to_date() -> None:
    render = "python -m aurora_pipeline.store.access.page > docs/access.md"
    assert DOCUMENT.read_text("utf-8") == page(), f"run: {render}"
