"""The login that can only read: its role, what it is granted, and whether it holds nothing beside that.

A read-only session is a courtesy that `SET` takes back; a role that was never granted a write is a wall. Roles are of
the whole server, so their names carry the database's: a group that holds the grants, and a login that is in it. The
login has no password: where the server asks for one, an administrator sets it and whoever reads keeps it in ~/.pgpass.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.access.applying import grant_access
from aurora_pipeline.store.access.everybody import ADVISORY
from aurora_pipeline.store.access.names import Roles, is_ours, roles_of
from aurora_pipeline.store.access.objects import OURS, SECRETS
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.errors import DatabaseRoleUnusable

_LOCKS = f"""
SELECT 'take the lock of publications' AS what FROM pg_proc p
WHERE {ADVISORY} AND has_function_privilege(%(login)s, p.oid, 'EXECUTE')
  AND (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
"""
_UNREAD = f"""
SELECT c.oid::regclass::text AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relname <> ALL (%(secrets)s) AND pg_has_role(c.relowner, 'USAGE')
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
WHERE {OURS} AND (has_table_privilege(%(login)s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                   OR has_any_column_privilege(%(login)s, c.oid, 'INSERT, UPDATE, REFERENCES'))
UNION ALL
SELECT 'read ' || c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {OURS} AND c.relname = ANY (%(secrets)s) AND has_any_column_privilege(%(login)s, c.oid, 'SELECT')
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


def reader(database: Database) -> tuple[Database, str | None]:
    """The database through the login that can only read; else itself in read-only sessions, and why."""
    own = replace(database, reads_only=False)
    try:
        with database.connect() as connection:
            roles = roles_of(connection)
            is_granted = _is_granted(connection, roles)
        if not is_granted:
            grant_access(own)
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


def _is_granted(connection: Connection, roles: Roles) -> bool:
    there = all(is_ours(connection, role, roles.mark) for role in (roles.group, roles.login))
    return there and _first(connection, _UNREAD, roles) is None


def _first(connection: Connection, query: str, roles: Roles) -> str | None:
    values = {"login": roles.login, "group": roles.group, "secrets": SECRETS}
    row = connection.execute(query.encode(), values).fetchone()
    return None if row is None else row["what"]
