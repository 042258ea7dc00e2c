"""Databases of tests: copies of a template, each gone with its test."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database

_ENDING_SECONDS_MAX = 0.1


def copy(server: EmbeddedPostgres, template: str, name: str) -> None:
    """Copy a database in which nobody is; as files, which on a disk takes about half as long as through the log."""
    with Database(server.dsn("postgres")).autocommit() as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())


def drop(server: EmbeddedPostgres, name: str) -> None:
    """Drop a database with whoever is still in it."""
    Database(server.dsn(name)).let_go()
    with Database(server.dsn("postgres")).autocommit() as connection:
        # The server looks for sessions only each tenth of a second: one that is about to end would take that long.
        deadline = time.monotonic() + _ENDING_SECONDS_MAX
        while time.monotonic() < deadline:
            left = connection.execute("SELECT FROM pg_stat_activity WHERE datname = %s", [name]).rowcount
            if not left:
                break
            time.sleep(0.001)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def copied_from(server: EmbeddedPostgres, template: str, name: str) -> Iterator[Database]:
    """A copy of a template."""
    copy(server, template, name)
    yield Database(server.dsn(name))
    drop(server, name)
