"""A PostgreSQL server for one replay, in a folder of its own: gone afterwards, and swept away where one was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.local_postgres.cluster import Cluster
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.ddl import create_statements
from aurora_pipeline.tables import ALL_TABLES

_NAME: Final = "replay"
_LOCK: Final = ".lock"


@contextmanager
def scratch_database(data_dir: Path) -> Iterator[Database]:
    """An empty database with Aurora's tables, on a server that nobody else has; both are gone when the block ends.

    It lies in Aurora's own folder, so the database with the figures is asked for no right, and changed in nothing.
    """
    home = private_folder(data_dir / "scratch")
    sweep(home)
    folder = home / f"{_NAME}-{os.getpid()}"
    with _held(folder):
        try:
            with EmbeddedPostgres.start(folder / "postgres") as server:
                server.ensure_database(_NAME)
                database = Database(server.dsn(_NAME))
                with database.connect() as connection:
                    for statement in create_statements(ALL_TABLES):
                        connection.execute(statement.encode())
                yield database
                database.let_go()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(home: Path) -> list[Path]:
    """Stop and delete what replays left behind that were killed; those that run hold a lock, and are left alone."""
    swept = []
    for folder in sorted(home.glob(f"{_NAME}-*")):
        if folder.suffix == _LOCK:
            continue
        descriptor = os.open(folder.with_suffix(_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            Cluster((folder / "postgres").resolve()).stop()
            shutil.rmtree(folder, ignore_errors=True)
            folder.with_suffix(_LOCK).unlink(missing_ok=True)
            swept.append(folder)
        finally:
            os.close(descriptor)
    return swept


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the kernel drops with the process, however it ends."""
    lock = folder.with_suffix(_LOCK)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        folder.mkdir(mode=0o700)
        yield
        lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
