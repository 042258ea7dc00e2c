"""The embedded PostgreSQL: one server per data directory, shared by all Aurora processes, stopped by the last."""

from __future__ import annotations

import atexit
import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import TupleRow

from aurora_pipeline.foundation.errors import AuroraError, FolderUnusable, NoRoomOnDisk
from aurora_pipeline.foundation.outages import NO_ROOM
from aurora_pipeline.local_postgres.cluster import SUPERUSER, Cluster
from aurora_pipeline.local_postgres.errors import ServerSilent, ServerSocketUnusable
from aurora_pipeline.local_postgres.postmaster import PORT, answers


class EmbeddedPostgres:
    """A client's share in the server of one data directory.

    Every client process holds a shared lock on a lease file, which the kernel drops with the process however it ends.
    Starts and stops are serialised by a second lock. Whoever lets go and then gets the lease exclusively was the last
    and stops the server; after a crash the server keeps running, and the next client adopts it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._cluster = Cluster(data_dir)
        self._lease: int | None = None

    @property
    def data_dir(self) -> Path:
        """Where the server keeps everything: its data, its log, and its socket where the path is short enough."""
        return self._cluster.data_dir

    @property
    def socket_dir(self) -> Path:
        """The host, as libpq calls it."""
        return self._cluster.socket_dir

    @classmethod
    def start(cls, data_dir: Path) -> EmbeddedPostgres:
        """Start the server of this directory, or join the one that runs; creates the directory on first use."""
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            server = cls(data_dir.resolve())  # one spelling, so that all clients find the same server
            with server._starts_and_stops():
                server._join()
        except OSError as error:
            raise _unusable(data_dir, error) from error
        return server

    @classmethod
    def running(cls, data_dir: Path) -> EmbeddedPostgres | None:
        """The server of this directory if it runs: to be looked at, not joined, so that nothing is started or kept."""
        server = cls(data_dir.resolve())
        return server if server._cluster.is_running() else None

    def release(self) -> None:
        """Let go of the server, stopping it if nobody else uses it; harmless when repeated."""
        if self._lease is None:
            return
        try:
            with self._starts_and_stops():
                self._leave()
        except OSError:
            # Usually the directory was deleted under the server, which notices within a minute and ends itself. A
            # server that cannot be stopped otherwise is adopted by the next command: nothing to trouble this one with.
            self._drop_lease()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database, for psycopg 3."""
        return self._url("postgresql+psycopg", database)

    def dagster_url(self, database: str) -> str:
        """The SQLAlchemy URL of a database for Dagster's storages, whose SQL only psycopg2 understands."""
        return self._url("postgresql+psycopg2", database)

    def dsn(self, database: str) -> str:
        """The libpq connection string of a database."""
        return make_conninfo(host=str(self.socket_dir), port=PORT, user=SUPERUSER, dbname=database)

    def ensure_database(self, name: str) -> None:
        """Create a database unless it exists; safe from several processes at once."""
        with self._administration() as connection:
            if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).rowcount:
                return
            # A race is lost at the name's check or, later, at the catalogue's unique index.
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))

    def drop_database(self, name: str) -> None:
        """Drop a database if it exists, ending the sessions in it."""
        with self._administration() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, scheme: str, database: str) -> str:
        return f"{scheme}://{SUPERUSER}@/{quote(database, safe='')}?host={quote(str(self.socket_dir))}&port={PORT}"

    def _administration(self) -> psycopg.Connection[TupleRow]:
        try:
            return psycopg.connect(self.dsn("postgres"), autocommit=True)
        except psycopg.OperationalError as error:
            said = str(error).strip().splitlines()[0]
            raise ServerSilent(
                f"The embedded PostgreSQL in {self.data_dir} does not answer: {said}",
                f"Repeat the command; the server's log is {self._cluster.log_file}.",
            ) from error

    @contextlib.contextmanager
    def _starts_and_stops(self) -> Iterator[None]:
        """Hold off every other start or stop of this server."""
        lock = self._cluster.open_file("startstop.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            _unlock(lock)

    def _join(self) -> None:
        self._lease = self._cluster.open_file("clients.lock")
        fcntl.flock(self._lease, fcntl.LOCK_SH)
        _clients.add(self)
        atexit.register(self.release)
        try:
            is_running = self._cluster.is_running()
            if is_running and not answers(self.socket_dir):
                self._stop_unreachable()
                is_running = False
            if not is_running:
                self._cluster.launch()
        except BaseException:  # Ctrl-C too: nothing is left running that nobody holds
            self._leave()
            raise

    def _leave(self) -> None:
        try:
            if self._is_alone():
                self._cluster.stop()
        finally:
            self._drop_lease()

    def _drop_lease(self) -> None:
        lease, self._lease = self._lease, None
        _clients.discard(self)
        atexit.unregister(self.release)
        if lease is not None:
            _unlock(lease)

    def _forget_lease(self) -> None:
        """In a forked child: close the copy of the lease without unlocking the parent's."""
        if self._lease is not None:
            os.close(self._lease)
            self._lease = None

    def _is_alone(self) -> bool:
        """Whether no other client is left; asked only with starts and stops held off."""
        if self._lease is None:
            return False
        try:
            fcntl.flock(self._lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            fcntl.flock(self._lease, fcntl.LOCK_SH)  # a failed conversion has given the shared lock up as well
        return True

    def _stop_unreachable(self) -> None:
        """Stop a server whose socket somebody deleted, unless others still work with it."""
        if not self._is_alone():
            raise ServerSocketUnusable(
                f"The embedded PostgreSQL in {self.data_dir} runs, but its socket in {self.socket_dir} is gone.",
                "End the other Aurora commands that use it, then try again.",
            )
        self._cluster.stop()


_clients: set[EmbeddedPostgres] = set()


def _forget_leases() -> None:
    for client in _clients:
        client._forget_lease()
    _clients.clear()


os.register_at_fork(after_in_child=_forget_leases)


def _unlock(descriptor: int) -> None:
    """Unlock explicitly, then close: closing alone leaves the lock to any child that is just being forked."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _unusable(data_dir: Path, error: OSError) -> AuroraError:
    where = f" ({error.filename})" if error.filename else ""
    remedies = {
        errno.EROFS: "Choose a directory on a file system that can be written.",
        errno.EEXIST: "A file is in its place; move it away.",
        errno.ENOTDIR: "A file is in its place; move it away.",
    }
    message = f"The database directory {data_dir} cannot be used: {error.strerror}{where}."
    if error.errno in NO_ROOM:
        return NoRoomOnDisk(message, "Free some space on its disk and try again.")
    return FolderUnusable(
        message,
        remedies.get(
            error.errno or 0,
            f"It must belong to the user who runs Aurora (see ls -ld {data_dir}): run as that user,"
            " choose another directory, or set AURORA_DATABASE_URL.",
        ),
    )
