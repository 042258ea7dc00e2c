"""Bringing a database's grants in line with the declaration: all in one transaction, and repeating changes nothing.

It follows every migration, since role names carry the database's name: a restored or copied database gets its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from psycopg import sql

from aurora_pipeline.store.access.declared import COLUMNS, PARTNER_SEES, Role
from aurora_pipeline.store.access.names import Roles, is_ours
from aurora_pipeline.store.access.objects import (
    OURS,
    SECRETS,
    Objects,
    functions_declared,
    insert_columns,
    named,
    tables_declared,
    views_declared,
)
from aurora_pipeline.store.database import Connection

_PLAIN: Final = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
# Aurora's roles of other databases that hold something in this one: it was copied, or restored under another name.
_STRANGERS: Final = """
SELECT r.rolname AS name FROM pg_roles r JOIN pg_shdescription d ON d.objoid = r.oid
WHERE d.classoid = 'pg_authid'::regclass AND d.description LIKE 'Aurora''s: %%' AND r.rolname <> ALL (%s)
  AND EXISTS (SELECT FROM pg_shdepend s WHERE s.refobjid = r.oid AND s.refclassid = 'pg_authid'::regclass
              AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_READABLE: Final = f"""
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relname <> ALL (%s) AND pg_has_role(c.relowner, 'USAGE') ORDER BY 1, 2
"""
_CALLED: Final = """
SELECT p.oid::regprocedure::text AS name
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND pg_has_role(p.proowner, 'USAGE')
  AND (p.proname LIKE '%\\_as\\_of' OR p.proname IN (
      'await_moment', 'as_json', 'epochs_moved_out', 'must_be_here', 'period_of', 'restated_because'))
ORDER BY 1
"""


def create_roles(connection: Connection, roles: Roles) -> None:
    """Make the roles that are not there yet. Only who passes policies may make a worker that does."""
    bypasses = may_bypass(connection)
    for role in Role:
        is_worker = role is Role.WORKER
        rights = _PLAIN.replace("NOBYPASSRLS", "BYPASSRLS") if is_worker and bypasses else _PLAIN
        _create(connection, roles.of_role(role), f"{'LOGIN' if is_worker else 'NOLOGIN'} {rights}", roles)
    _create(connection, roles.api, f"LOGIN NOINHERIT {_PLAIN}", roles)
    for name, how in ((roles.narrowed, "NOLOGIN"), (roles.group, "NOLOGIN"), (roles.login, "LOGIN")):
        _create(connection, name, f"{how} {_PLAIN}", roles)


def _create(connection: Connection, name: str, how: str, roles: Roles) -> None:
    mark = roles.marks[name]
    if not is_ours(connection, name, mark):
        connection.execute(named(f"CREATE ROLE {{}} {how}", name))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(name), mark))


def may_bypass(connection: Connection) -> bool:
    """Whether who is connected passes row-level security, whatever a policy says."""
    row = connection.execute(
        "SELECT rolsuper OR rolbypassrls AS it FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return row is not None and bool(row["it"])


def grant_declared(connection: Connection, roles: Roles, schema: Objects) -> None:
    """Take from the roles what they hold, and give each what is declared, in one round trip."""
    strangers = connection.execute(_STRANGERS.encode(), [list(roles.marks)]).fetchall()
    ours = [*(roles.of_role(role) for role in Role), roles.api, roles.narrowed]
    statements = [
        *_taken_back([*ours, *(row["name"] for row in strangers)], schema),
        named(f"GRANT USAGE ON SCHEMA public, layers TO {', '.join('{}' for _ in Role)}", *ours[: len(Role)]),
        *_on_tables(roles, schema),
        *_on_views(roles, schema),
        *_on_functions(roles, schema),
    ]
    connection.execute(sql.SQL(";\n").join(statements))


def take_back(connection: Connection, roles: Roles, schema: Objects) -> None:
    """Take from the roles all that they hold in this database."""
    held = [roles.of_role(role) for role in Role] + [roles.api, roles.narrowed, roles.group, roles.login]
    present = connection.execute("SELECT rolname AS name FROM pg_roles WHERE rolname = ANY(%s)", [held]).fetchall()
    if present and schema.columns:
        connection.execute(sql.SQL(";\n").join(_taken_back([row["name"] for row in present], schema)))


def _taken_back(roles: Iterable[str], schema: Objects) -> Iterator[sql.Composable]:
    listed = sql.SQL(", ").join(map(sql.Identifier, roles))
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        yield sql.SQL(f"REVOKE ALL ON ALL {kind} IN SCHEMA public, layers FROM {{}}").format(listed)
    yield sql.SQL("REVOKE ALL ON SCHEMA public, layers FROM {}").format(listed)
    # PostgreSQL lets everybody call what nobody was asked about.
    declared = functions_declared()
    functions = ", ".join(signature for name, signature in schema.signatures.items() if name in declared)
    if functions:
        yield sql.SQL(f"REVOKE ALL ON FUNCTION {functions} FROM PUBLIC")


def _on_tables(roles: Roles, schema: Objects) -> Iterator[sql.Composable]:
    for place, name, access in tables_declared():
        columns = schema.columns.get((place, name))
        if columns is None:
            continue
        where = sql.Identifier(place, name)
        yield from _granted("SELECT", where, access.reads, roles)
        filled = insert_columns(access, columns)
        adding = "INSERT" if filled is None else _of("INSERT", filled)
        yield from _granted(adding, where, access.adds, roles)
        if access.is_mirror:
            yield from _granted("DELETE", where, access.adds, roles)
        for role, some in COLUMNS.get(name, {}).items():
            yield from _granted(_of("SELECT", some), where, {role}, roles)
        if name in PARTNER_SEES:
            shown = columns - PARTNER_SEES[name].hidden
            yield from _granted(_of("SELECT", shown), where, {Role.PARTNER}, roles)


def _of(right: str, columns: Iterable[str]) -> str:
    return f"{right} ({', '.join(sorted(columns))})"


def _on_views(roles: Roles, schema: Objects) -> Iterator[sql.Composable]:
    for name, reads in views_declared().items():
        if ("public", name) in schema.columns:
            yield from _granted("SELECT", sql.Identifier("public", name), reads, roles)


def _on_functions(roles: Roles, schema: Objects) -> Iterator[sql.Composable]:
    for name, callers in functions_declared().items():
        if name in schema.signatures:
            yield from _granted("EXECUTE", sql.SQL(f"FUNCTION {schema.signatures[name]}"), callers, roles)


def _granted(right: str, what: sql.Composable, to: Iterable[Role], roles: Roles) -> Iterator[sql.Composable]:
    names = [sql.Identifier(roles.of_role(role)) for role in sorted(to)]
    if names:
        yield sql.SQL(f"GRANT {right} ON {{}} TO {{}}").format(what, sql.SQL(", ").join(names))


def grant_reading(connection: Connection, roles: Roles) -> None:
    """Let the login that only reads see all there is by now but the secrets, also what nobody declared."""
    _in_group(connection, roles)
    relations = connection.execute(_READABLE.encode(), [SECRETS]).fetchall()
    functions = connection.execute(_CALLED.encode()).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(row["schema"], row["name"]) for row in relations)
    called = sql.SQL(", ".join(row["name"] for row in functions))
    group = sql.Identifier(roles.group)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public, layers TO {}").format(group))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(names, group))
    connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(called, group))


def _in_group(connection: Connection, roles: Roles) -> None:
    is_member = connection.execute("SELECT pg_has_role(%s, %s, 'USAGE') AS it", [roles.login, roles.group]).fetchone()
    if is_member is None or not is_member["it"]:
        connection.execute(named("GRANT {} TO {}", roles.group, roles.login))
