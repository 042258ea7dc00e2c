"""`aurora up`: the Dagster UI and its daemon on this workspace's data, until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import AlreadyUp, DagsterNotStarted, DataGone, PortInUse
from aurora_pipeline.cli.terminal import err, opened, out, workspace
from aurora_pipeline.demo.session import has_chain
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home, shipped
from aurora_pipeline.orchestration.left_behind import end_left_behind, marked

_HOST = "127.0.0.1"
_STOP_SECONDS = 20
_LEFT_SECONDS = 10
_LOOK_SECONDS = 2
_LOCK = "up.lock"
_LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READY_SECONDS_MAX = 120
_LOG_BYTES_MAX = 10_000_000


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the UI listens, on this machine only.")] = 3000,
) -> None:
    """Open the Dagster UI on this data, with sensors and the run queue working, until Ctrl-C."""
    place = workspace()
    with _only_one(place.data_dir):
        ended = end_left_behind(place.data_dir)
        if ended:
            err.print(f"Ended {ended} process(es) that an earlier `aurora up` had left behind: it was killed.")
        _refuse_taken(port)
        _serve(place, port)


def _serve(place: Workspace, port: int) -> None:
    for number in _LEAVING:
        signal.signal(number, _leave)
    if place.is_demo and not has_chain(place):
        from aurora_pipeline.cli.demo import demo

        err.print("There is no demo data yet; making it first.")
        demo(epochs=6, validators=None, stake_accounts=None, seed=None)
    with opened(asks_providers=True) as aurora:
        # Opened before Dagster is started, so that its processes find a migrated database and only join it.
        shown = aurora.database.shown
        environment = {**os.environ, **prepare_dagster_home(aurora), **marked(place.data_dir)}
        log = aurora.workspace.data_dir / "dagster.log"
        command = [
            *(sys.executable, "-m", "dagster", "dev", "--workspace", str(shipped("workspace.yaml"))),
            *("--host", _HOST, "--port", str(port)),
        ]
        _begin_log(log)
        with log.open("ab") as output:
            # A group of its own: what Dagster starts in turn can be ended as a whole, also where Dagster forgets it.
            process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, cwd=log.parent, process_group=0
            )
        try:
            _await_ready(process, port, log)
            out.print(f"Dagster UI: http://{_HOST}:{port}   (database {shown}; log {log})", markup=False)
            out.print("Whoever works on this machine can open it: it has no login. Nobody else can.")
            out.print("Sensors are running. Ctrl-C ends it.")
            raise typer.Exit(_end_of(process, place.data_dir))
        except KeyboardInterrupt:
            out.print("\nStopping ...")
        finally:
            _stop(process)


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    """Hold off every other `up` of this data. The kernel drops the lock however this process ends."""
    descriptor = os.open(private_folder(data_dir) / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise AlreadyUp(
            f"`aurora up` runs on {data_dir} already", "use the one that runs, or end it with Ctrl-C"
        ) from None
    else:
        yield
    finally:
        os.close(descriptor)


def _end_of(process: subprocess.Popen[bytes], data_dir: Path) -> int:
    """Wait until Dagster ends; raises where the data are deleted or moved away under it, which nobody else says."""
    began = _identity(data_dir)
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS)
        if _identity(data_dir) != began:
            raise DataGone(
                f"{data_dir} is gone: it was deleted or moved while `aurora up` worked on it; everything is stopped",
                "put it back, or restore a backup, and start again",
            )


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _begin_log(log: Path) -> None:
    """Move a long log to a second file, which replaces the earlier one, and let nobody else read it."""
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))
    log.touch(mode=0o600)
    log.chmod(0o600)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError:
            raise PortInUse(
                f"port {port} is in use", f"choose another one (aurora up --port {port + 1}), or stop what uses it"
            ) from None


def _await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Return once the UI answers; Dagster offers no event to wait for, so the port is tried."""
    deadline = time.monotonic() + _READY_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            tail = "\n  ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
            raise DagsterNotStarted(f"Dagster did not start:\n  {tail}", f"its whole log is {log}")
        with contextlib.suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
            return
        time.sleep(0.2)
    raise DagsterNotStarted(f"Dagster did not answer on port {port} within {_READY_SECONDS_MAX} s", f"its log is {log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End Dagster, and then every process of its group that it left behind: Postgres stays up as long as one lives."""
    for number in _LEAVING:
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.send_signal(signal.SIGINT)
        process.wait(_STOP_SECONDS)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
            _await_end(process, _LEFT_SECONDS)


def _await_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a process group has ended, or some time has passed; raises ProcessLookupError where it has ended.

    There is no event for the end of a process that somebody else started.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        process.poll()
        os.killpg(process.pid, 0)
        time.sleep(0.05)


def _leave(number: int, frame: FrameType | None) -> None:
    """Being terminated, or losing the terminal, ends the command like Ctrl-C: what it started is stopped too."""
    raise KeyboardInterrupt
