"""The demo's providers while a command needs them: the ones that run already, else a process of the command's own."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from aurora_pipeline.demo.errors import DemoMissing
from aurora_pipeline.demo.process import SimulatorControl, SimulatorProcess
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.instance.workspace import DEMO_LAST_ADDRESS, DEMO_URL_VARIABLE, Workspace

_STATE, _ADDRESS = "simulator.json", "simulator.url"
_USERS, _STARTING = "simulator.users", "simulator.starting"


@contextmanager
def demo_providers(
    workspace: Workspace,
    *,
    begin: bool = False,
    parameters: Mapping[str, int] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[SimulatorControl]:
    """The simulated providers of a demo workspace, their address in this process's environment.

    One process at a time serves the chain; whoever comes second uses that one, and who started it stops it when nobody
    does any more. Only with `begin` a chain may be new.
    `meanwhile` is what to do while a process of one's own starts.
    """
    if not begin and not has_chain(workspace):
        raise DemoMissing(f"there is no demo in {workspace.data_dir}", "make one: `make demo` (or `aurora demo`)")
    folder = private_folder(workspace.data_dir)
    with _locked(folder / _USERS, fcntl.LOCK_SH) as users:
        with _locked(folder / _STARTING, fcntl.LOCK_EX):
            running = _running(folder)
            own = None if running is not None else _started(folder, dict(parameters or {}), meanwhile)
        simulator = running or own
        assert simulator is not None  # it runs, or it was started
        os.environ[DEMO_URL_VARIABLE] = simulator.url
        try:
            yield simulator
        finally:
            if own is not None:
                # Others may have come to use it; they end by themselves.
                fcntl.flock(users, fcntl.LOCK_EX)
                (folder / _ADDRESS).unlink(missing_ok=True)
                own.stop()


def _running(folder: Path) -> SimulatorControl | None:
    """The simulator that somebody else started, if it answers."""
    address = folder / _ADDRESS
    known = address.read_text(encoding="utf-8", errors="replace").strip() if address.exists() else ""
    running = SimulatorControl(known) if known else None
    return running if running is not None and running.answers() else None


def _started(folder: Path, parameters: dict[str, int], meanwhile: Callable[[], object] | None) -> SimulatorProcess:
    """A simulator of one's own, and where it is written down for others."""
    own = SimulatorProcess(folder / _STATE, **parameters)
    try:
        own.start(meanwhile)
        for name in (_ADDRESS, DEMO_LAST_ADDRESS):
            (folder / name).write_text(own.url, encoding="utf-8")
    except BaseException:
        own.stop()
        raise
    return own


@contextmanager
def _locked(path: Path, how: int) -> Iterator[int]:
    """Hold a lock that the kernel drops with this process, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, how)
        yield descriptor
    finally:
        os.close(descriptor)


def has_chain(workspace: Workspace) -> bool:
    """Whether a demo ever ran in this workspace."""
    return (workspace.data_dir / _STATE).exists()
