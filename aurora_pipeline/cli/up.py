"""`aurora up`: the Dagster UI and its daemon on this workspace's data, until Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from aurora_pipeline.cli.errors import DagsterNotStarted, PortInUse
from aurora_pipeline.cli.terminal import err, opened, out, workspace
from aurora_pipeline.demo.session import has_chain
from aurora_pipeline.orchestration.dagster_home import prepare_dagster_home, shipped

_HOST = "127.0.0.1"
_STOP_SECONDS = 20
_LEFT_SECONDS = 10
_LEAVING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_READY_SECONDS_MAX = 120
_LOG_BYTES_MAX = 10_000_000


def up(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the UI listens, on this machine only.")] = 3000,
) -> None:
    """Open the Dagster UI on this data, with sensors and the run queue working, until Ctrl-C."""
    place = workspace()
    _refuse_taken(port)
    for number in _LEAVING:
        signal.signal(number, _leave)
    if place.is_demo and not has_chain(place):
        from aurora_pipeline.cli.demo import demo

        err.print("There is no demo data yet; making it first.")
        demo(epochs=6, validators=None, stake_accounts=None, seed=None)
    with opened(asks_providers=True) as aurora:
        # Opened before Dagster is started, so that its processes find a migrated database and only join it.
        shown = aurora.database.shown
        environment = {**os.environ, **prepare_dagster_home(aurora)}
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
            out.print("Sensors are running. Ctrl-C ends it.")
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:
            out.print("\nStopping ...")
        finally:
            _stop(process)


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
