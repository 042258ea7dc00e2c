"""Several databases of one server read as of one instant: PostgreSQL's snapshots are each of one database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

from psycopg import sql

from aurora_pipeline.store.database import Connection, Database

_LOCK_SECONDS_MAX: Final = 60
_TABLES: Final = """
SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""


@contextmanager
def one_instant(databases: Sequence[Database]) -> Iterator[list[str]]:
    """A snapshot of each database, to be read by others while the block runs, all of an instant in which nobody writes.

    Writers wait for the few milliseconds between the last lock and the last snapshot. The databases are locked in the
    order given: whoever writes to several has to begin with the first one, as a run does, which tells Dagster of what
    it does while its own transaction is open. A writer that is not done within a minute breaks this off.
    """
    with ExitStack() as readers:
        with ExitStack() as holders:
            for database in databases:
                _lock(holders.enter_context(database.connect()))
            names = [_snapshot(readers.enter_context(database.connect())) for database in databases]
        yield names


def tables(connection: Connection) -> list[sql.Identifier]:
    """Every table that somebody made in the database."""
    return [sql.Identifier(row["schema"], row["name"]) for row in connection.execute(_TABLES.encode()).fetchall()]


def _lock(connection: Connection) -> None:
    found = tables(connection)
    connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS_MAX}s'".encode())
    if found:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE MODE").format(sql.SQL(", ").join(found)))


def _snapshot(connection: Connection) -> str:
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    row = connection.execute("SELECT pg_export_snapshot() AS name").fetchone()
    assert row is not None  # a query without FROM gives one row
    return str(row["name"])
