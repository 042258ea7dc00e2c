"""A database with a few decisions, and the file of a key for its log."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from aurora_pipeline.decisions.log import append
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key
from aurora_pipeline.store.database import Database

NAME = "example.com/aurora"


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    """Where the key will be kept: a folder that is not there yet."""
    return KeyFile(tmp_path / "keys" / "log.key")


@pytest.fixture
def keyed(database: Database, file: KeyFile) -> Database:
    """A database whose log has a key."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    record_user(database, "ada", "Ada", UserRole.ADMIN, None, start, None, "ada", "the first")
    new_key(database, file, NAME, "ada", "partners shall see that nothing is rewritten")
    return database


def decide(database: Database, count: int = 1) -> None:
    """Some more entries of the audit log."""
    with database.connect() as connection:
        for number in range(count):
            append(connection, "ada", "thing.changed", f"thing/{number}", None, {"number": number})
