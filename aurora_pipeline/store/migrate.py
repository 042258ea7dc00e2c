"""Bringing a database's schema up or down to a revision, by Alembic, under a lock so that two starts don't collide."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from psycopg.rows import tuple_row
from sqlalchemy import Connection, create_engine, pool, text

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.access.applying import (
    MIGRATION_LOCK,
    grant_access,
    pause_access,
    withdraw_access,
    withdraw_rights,
)
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.errors import SchemaNotMoved
from aurora_pipeline.store.revision import Revision, revision
from aurora_pipeline.store.session import begin

_REVISION: Final = re.compile(r"base|head|[+-]?[0-9]{1,4}")
_OURS: Final = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'append_only'"
"""Every table of Aurora's that holds anything but its own settings."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("aurora_pipeline.store") / "migrations").replace("%", "%%"))
    return config


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    with database.connect():
        pass  # gives the message a person can act on when the database does not answer
    engine = create_engine("postgresql+psycopg://", creator=lambda: _begun(database), poolclass=pool.NullPool)
    with engine.connect() as connection:
        yield connection


def _begun(database: Database) -> psycopg.Connection[Any]:
    """A session as SQLAlchemy wants it, with rows as tuples."""
    session: psycopg.Connection[Any] = begin(database.conninfo)
    session.row_factory = tuple_row
    return session


def upgrade(database: Database, target: str = "head") -> Revision:
    """Bring the schema up to `target`; does nothing when it is there already."""
    if not revision(database).is_current:
        pause_access(database)
    reached = _run(database, command.upgrade, target)
    if reached.is_current:
        # Where it may not be granted, whoever asks for the login is told.
        with suppress(AuroraError):
            grant_access(database)
    return reached


def downgrade(database: Database, target: str) -> Revision:
    """Take the schema down to `target` (`base` for an empty database, `-1` for one step), whole or not at all.

    Where there is anything that the older schema cannot hold, it stays as it is; `base` empties everything first.
    """
    withdraw_rights(database)
    try:
        reached = _run(database, _emptied if target == "base" else _taken_back, target)
    finally:
        if revision(database).is_current:
            grant_access(database)
    if reached.present is None:
        with suppress(AuroraError):
            withdraw_access(database)
    return reached


def _taken_back(config: Config, target: str) -> None:
    # Alembic keeps to a transaction that is begun already: all steps, or none.
    with _connection(config).begin():
        command.downgrade(config, target)


def _emptied(config: Config, target: str) -> None:
    connection = _connection(config)
    with connection.begin():
        tables = connection.execute(text(_OURS)).scalars().all()
        for table in tables:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        if tables:
            connection.execute(text(f"TRUNCATE {', '.join(tables)}"))
        command.downgrade(config, target)


def _connection(config: Config) -> Connection:
    found = config.attributes["connection"]
    assert isinstance(found, Connection)
    return found


def _run(database: Database, action: Callable[[Config, str], None], target: str) -> Revision:
    if not _REVISION.fullmatch(target):
        raise SchemaNotMoved(f"{target[:40]!r} is no revision", "give its number, head, base, or steps like -1")
    config = _config()
    with _connected(database) as connection:
        connection.execute(text(f"SELECT pg_advisory_lock({MIGRATION_LOCK})"))
        connection.commit()
        config.attributes["connection"] = connection
        try:
            action(config, target)
        except (CommandError, psycopg.errors.RaiseException) as error:
            problem = error.diag.message_primary if isinstance(error, psycopg.errors.RaiseException) else error
            raise SchemaNotMoved(
                f"the schema of {database.shown} can't be moved to {target!r}: {problem}",
                "see `aurora db current`; a database made by a newer Aurora needs that version, and an older one a"
                " backup from before (docs/deployment.md)",
            ) from None
    return revision(database)
