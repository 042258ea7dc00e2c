"""The login that can only read: its role, what it is granted, and whether it holds nothing beside that.

A read-only session is a courtesy that `SET` takes back; a role that was never granted a write is a wall. Roles are of
the whole server, so their names carry the database's: a group that holds the grants, and a login that is in it. The
login has no password: where the server asks for one, an administrator sets it and whoever reads keeps it in ~/.pgpass.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.errors import DatabaseRoleUnusable

MIGRATION_LOCK: Final = 4717_2
"""Held while the schema, or what is granted on it, is changed."""
_NAME_BYTES_MAX = 63
_MARK = "Aurora's: reads the database {}, and nothing else."
_SECRETS = ["instance_secret"]
_OURS = "n.nspname IN ('public', 'layers') AND c.relkind IN ('r', 'v', 'p', 'm')"
_READABLE = f"""
SELECT n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND c.relname <> ALL (%s) AND pg_has_role(c.relowner, 'USAGE') ORDER BY 1, 2
"""
_CALLED = """
SELECT p.oid::regprocedure::text AS name
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND pg_has_role(p.proowner, 'USAGE')
  AND (p.proname LIKE '%\\_as\\_of' OR p.proname IN ('await_moment', 'as_json', 'restated_because')) ORDER BY 1
"""
# Publications take turns by an advisory lock; who holds it stops them. Only a superuser can take it from everybody.
_ADVISORY = "p.pronamespace = 'pg_catalog'::regnamespace AND p.proname LIKE '%%advisory%%'"
_LOCKS = f"""
SELECT 'take the lock of publications' AS what FROM pg_proc p
WHERE {_ADVISORY} AND has_function_privilege(%(login)s, p.oid, 'EXECUTE')
  AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
"""
_UNREAD = f"""
SELECT c.oid::regclass::text AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND c.relname <> ALL (%(secrets)s) AND pg_has_role(c.relowner, 'USAGE')
  AND NOT (has_table_privilege(%(login)s, c.oid, 'SELECT') AND has_schema_privilege(%(login)s, n.oid, 'USAGE'))
UNION ALL
{_LOCKS}
ORDER BY 1 LIMIT 1
"""
_BEYOND = f"""
SELECT 'be ' || rolname AS what FROM pg_roles
WHERE pg_has_role(%(login)s, oid, 'MEMBER') AND rolname NOT IN (%(login)s, %(group)s)
UNION ALL
SELECT 'act as an administrator' FROM pg_roles
WHERE rolname IN (%(login)s, %(group)s)
  AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication)
UNION ALL
SELECT 'change ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND (has_table_privilege(%(login)s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                   OR has_any_column_privilege(%(login)s, c.oid, 'INSERT, UPDATE, REFERENCES'))
UNION ALL
SELECT 'read ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {_OURS} AND c.relname = ANY (%(secrets)s) AND has_any_column_privilege(%(login)s, c.oid, 'SELECT')
UNION ALL
SELECT 'create in the schema ' || nspname FROM pg_namespace
WHERE nspname IN ('public', 'layers') AND has_schema_privilege(%(login)s, oid, 'CREATE')
UNION ALL
SELECT 'create schemas or temporary tables'
WHERE has_database_privilege(%(login)s, current_database(), 'CREATE, TEMP')
UNION ALL
{_LOCKS}
ORDER BY 1 LIMIT 1
"""
_LARGE_OBJECTS = ("lo_creat(int4)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")
"""What PostgreSQL lets everybody write, whatever they were granted."""


@dataclass(frozen=True)
class Roles:
    """The two roles of a database."""

    group: str
    login: str
    mark: str

    @classmethod
    def of(cls, name: str) -> Roles:
        """Those of the database of this name."""
        return cls(_short(name, "_read"), _short(name, "_reader"), _MARK.format(name))


def _short(name: str, ending: str) -> str:
    """A role's name: PostgreSQL cuts longer ones, and two databases' would be one."""
    if len((name + ending).encode()) <= _NAME_BYTES_MAX:
        return name + ending
    return f"aurora_{hashlib.sha256(name.encode()).hexdigest()[:32]}{ending}"


def grant_reading(database: Database) -> None:
    """Make the two roles unless they are there, and let them read all there is by now; repeating changes nothing."""
    try:
        with database.connect() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATION_LOCK])
            roles = _roles(connection)
            _create(connection, roles)
            _grant(connection, roles)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction) as error:
        said = (error.diag.message_primary or str(error)).strip().splitlines()[0]
        raise DatabaseRoleUnusable(
            f"no login that only reads can be made on {database.shown}: {said}",
            "have `aurora db upgrade` run by a user who may create roles and owns the database",
        ) from None


def withdraw_reading(database: Database) -> None:
    """Take the roles away with the schema; one that something else rests on stays, and can read nothing here."""
    with database.autocommit() as connection:
        roles = _roles(connection)
        for role in (roles.login, roles.group):
            if not _is_ours(connection, role, roles.mark):
                continue
            try:
                connection.execute(_sql("DROP OWNED BY {}", role))
                connection.execute(_sql("DROP ROLE {}", role))
            except (psycopg.errors.DependentObjectsStillExist, psycopg.errors.InsufficientPrivilege):
                continue


def reader(database: Database) -> tuple[Database, str | None]:
    """The database through the login that can only read; else itself in read-only sessions, and why."""
    own = replace(database, reads_only=False)
    try:
        with database.connect() as connection:
            roles = _roles(connection)
            is_granted = _is_granted(connection, roles)
        if not is_granted:
            grant_reading(own)
        with database.connect() as connection:
            beyond = _first(connection, _BEYOND, roles)
        if beyond is not None:
            raise DatabaseRoleUnusable(
                f"the role {roles.login} may do more than read: {beyond}", "take that from it, or drop it"
            )
        given: dict[str, Any] = conninfo_to_dict(database.conninfo)
        given.pop("password", None)
        login = Database(make_conninfo(**(given | {"user": roles.login})), reads_only=True)
        with login.connect():
            pass
    except AuroraError as error:
        return replace(database, reads_only=True), str(error)
    return login, None


def _roles(connection: Connection) -> Roles:
    row = connection.execute("SELECT current_database() AS name").fetchone()
    assert row is not None  # a query without FROM gives one row
    return Roles.of(row["name"])


def _is_granted(connection: Connection, roles: Roles) -> bool:
    there = all(_is_ours(connection, role, roles.mark) for role in (roles.group, roles.login))
    return there and _first(connection, _UNREAD, roles) is None


def _first(connection: Connection, query: str, roles: Roles) -> str | None:
    values = {"login": roles.login, "group": roles.group, "secrets": _SECRETS}
    row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row["what"]


def _is_ours(connection: Connection, role: str, mark: str) -> bool:
    """Whether a role is there. One of that name that somebody else made is given nothing."""
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if row is not None and row["mark"] != mark:
        raise DatabaseRoleUnusable(
            f"the role {role} is on this server already, and Aurora did not make it", "rename it, or drop it"
        )
    return row is not None


def _create(connection: Connection, roles: Roles) -> None:
    plain = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    for role, how in ((roles.group, "NOLOGIN"), (roles.login, "LOGIN")):
        if not _is_ours(connection, role, roles.mark):
            connection.execute(_sql(f"CREATE ROLE {{}} {how} {plain}", role))
            connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(sql.Identifier(role), roles.mark))
    is_member = connection.execute("SELECT pg_has_role(%s, %s, 'USAGE') AS it", [roles.login, roles.group]).fetchone()
    if is_member is None or not is_member["it"]:
        connection.execute(_sql("GRANT {} TO {}", roles.group, roles.login))


def _grant(connection: Connection, roles: Roles) -> None:
    group = sql.Identifier(roles.group)
    relations = connection.execute(_READABLE.encode(), [_SECRETS]).fetchall()
    functions = connection.execute(_CALLED.encode()).fetchall()
    names = sql.SQL(", ").join(sql.Identifier(row["schema"], row["name"]) for row in relations)
    called = sql.SQL(", ".join(row["name"] for row in functions))
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public, layers TO {}").format(group))
    connection.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(names, group))
    connection.execute(sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(called, group))
    _take_from_everybody(connection)


def _take_from_everybody(connection: Connection) -> None:
    """What PostgreSQL lets everybody do in a database of its own accord; Aurora's own login keeps it."""
    row = connection.execute(
        """SELECT current_database() AS name, pg_has_role(d.datdba, 'USAGE') AS owns,
                  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
                  (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') AS owns_public
           FROM pg_database d WHERE datname = current_database()"""
    ).fetchone()
    assert row is not None  # this database is there
    if row["owns"]:
        connection.execute(_sql("GRANT TEMPORARY ON DATABASE {} TO CURRENT_USER", row["name"]))
        connection.execute(_sql("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", row["name"]))
    if row["owns_public"]:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if row["is_superuser"]:
        for function in _LARGE_OBJECTS:
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC".encode())
        _keep_locks_for_writers(connection)


def _keep_locks_for_writers(connection: Connection) -> None:
    """Advisory locks are for those who may publish; all others wait inside `await_moment`, which lets go at once."""
    functions = connection.execute(
        f"SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE {_ADVISORY}".encode(), []
    )
    named = sql.SQL(", ".join(row["name"] for row in functions))
    writers = connection.execute(
        "SELECT rolname AS name FROM pg_roles WHERE has_table_privilege(oid, 'publications', 'INSERT') AND NOT rolsuper"
    ).fetchall()
    for writer in writers:
        grant = sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}")
        connection.execute(grant.format(named, sql.Identifier(writer["name"])))
    connection.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(named))


def _sql(template: str, *names: str) -> sql.Composed:
    return sql.SQL(template).format(*map(sql.Identifier, names))
