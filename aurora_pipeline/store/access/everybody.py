"""What PostgreSQL lets everybody do in a database of its own accord, taken back; Aurora's own logins keep it."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.access.names import Roles
from aurora_pipeline.store.access.objects import named
from aurora_pipeline.store.database import Connection

_LARGE_OBJECTS: Final = ("lo_creat(int4)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")
"""What PostgreSQL lets everybody write, whatever they were granted."""
# Publications take turns by an advisory lock; who holds it stops them. Only a superuser can take it from everybody.
ADVISORY: Final = "p.pronamespace = 'pg_catalog'::regnamespace AND p.proname LIKE '%%advisory%%'"
_COUNTING_VIEWS: Final = """
SELECT c.oid::regclass::text AS name FROM pg_class c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'v'
  AND (c.relname ~ '^pg_stat(io)?_.*_?(tables|indexes|sequences|user_functions)$'
       OR c.relname IN ('pg_stat_database', 'pg_stat_database_conflicts', 'pg_stat_io', 'pg_stat_wal', 'pg_stat_slru',
                        'pg_stat_bgwriter', 'pg_stat_checkpointer', 'pg_stat_archiver'))
"""
_COUNTING_FUNCTIONS: Final = """
SELECT p.oid::regprocedure::text AS name FROM pg_proc p
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind = 'f'
  AND ((p.proname LIKE 'pg\\_stat\\_get\\_%' AND p.proname !~ '^pg_stat_get_(activity|backend|progress|wal_)')
       OR p.proname IN ('pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size',
                        'pg_database_size', 'pg_tablespace_size',
                        'pg_current_wal_lsn', 'pg_current_wal_insert_lsn', 'pg_current_wal_flush_lsn'))
"""
_MONITORS: Final = "pg_monitor"
"""PostgreSQL's own role of whatever watches servers; it reads such figures everywhere."""
_OTHER_COLUMNS: Final = """
SELECT string_agg(quote_ident(attname), ', ') AS names FROM pg_attribute
WHERE attrelid = 'pg_class'::regclass AND attnum > 0
  AND attname NOT IN ('reltuples', 'relpages', 'relallvisible', 'relallfrozen')
"""


def take_from_everybody(connection: Connection, roles: Roles) -> None:
    """Temporary tables, new objects, large objects, locks and the way in: as far as who is connected may take them."""
    row = connection.execute(
        """SELECT pg_has_role(d.datdba, 'USAGE') AS owns,
                  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
                  (SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') AS owns_public
           FROM pg_database d WHERE datname = current_database()"""
    ).fetchone()
    assert row is not None  # this database is there
    if row["owns"]:
        _close_database(connection, roles)
    if row["owns_public"]:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    if row["is_superuser"]:
        for function in _LARGE_OBJECTS:
            connection.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC".encode())
        _keep_locks_for_writers(connection)
        _hide_totals(connection, roles)


def _hide_totals(connection: Connection, roles: Roles) -> None:
    """How many rows tables have, how large they are and how much is written: for Aurora's own people and monitors."""
    partner = roles.of_role(Role.PARTNER)
    told = [*(role for role in roles.marks if role not in (partner, roles.api)), _MONITORS]
    people = sql.SQL(", ").join(map(sql.Identifier, told))
    for kind, query in (("", _COUNTING_VIEWS), ("FUNCTION", _COUNTING_FUNCTIONS)):
        listed = sql.SQL(", ".join(row["name"] for row in connection.execute(query.encode()).fetchall()))
        right = "EXECUTE" if kind else "SELECT"
        connection.execute(sql.SQL(f"REVOKE {right} ON {kind} {{}} FROM PUBLIC").format(listed))
        connection.execute(sql.SQL(f"GRANT {right} ON {kind} {{}} TO {{}}").format(listed, people))
    (row,) = connection.execute(_OTHER_COLUMNS.encode()).fetchall()
    connection.execute(
        f"REVOKE SELECT ON pg_class FROM PUBLIC; GRANT SELECT ({row['names']}) ON pg_class TO PUBLIC".encode()
    )
    connection.execute(sql.SQL("GRANT SELECT ON pg_class TO {}").format(people))


def _close_database(connection: Connection, roles: Roles) -> None:
    """Only Aurora's own roles come in, and whoever was let in by name; nobody of them makes temporary tables."""
    database = roles.database
    connection.execute(named("GRANT CONNECT, TEMPORARY ON DATABASE {} TO CURRENT_USER", database))
    for role in roles.marks:
        connection.execute(named("GRANT CONNECT ON DATABASE {} TO {}", database, role))
    connection.execute(named("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC", database))


def _keep_locks_for_writers(connection: Connection) -> None:
    """Advisory locks are for those who may publish; all others wait inside `await_moment`, which lets go at once."""
    functions = connection.execute(
        f"SELECT p.oid::regprocedure::text AS name FROM pg_proc p WHERE {ADVISORY}".encode(), []
    )
    listed = sql.SQL(", ".join(row["name"] for row in functions))
    writers = connection.execute(
        "SELECT rolname AS name FROM pg_roles WHERE has_table_privilege(oid, 'publications', 'INSERT') AND NOT rolsuper"
    ).fetchall()
    for writer in writers:
        grant = sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}")
        connection.execute(grant.format(listed, sql.Identifier(writer["name"])))
    connection.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(listed))
