"""The demo's providers while a command needs them: the ones that run already, else a process of the command's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from aurora_pipeline.demo.process import SimulatorControl, SimulatorProcess
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.instance.workspace import DEMO_URL_VARIABLE, Workspace

_STATE, _ADDRESS = "simulator.json", "simulator.url"


@contextmanager
def demo_providers(
    workspace: Workspace,
    *,
    begin: bool = False,
    parameters: Mapping[str, int] | None = None,
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[SimulatorControl]:
    """The simulated providers of a demo workspace, their address in this process's environment.

    One process at a time serves the chain; whoever comes second uses that one. Only with `begin` a chain may be new.
    `meanwhile` is what to do while a process of one's own starts.
    """
    if not begin and not has_chain(workspace):
        raise AuroraError(f"there is no demo in {workspace.data_dir}", "make one: `make demo` (or `aurora demo`)")
    address = workspace.data_dir / _ADDRESS
    known = address.read_text(encoding="utf-8", errors="replace").strip() if address.exists() else ""
    running = SimulatorControl(known) if known else None
    if running is not None and running.answers():
        os.environ[DEMO_URL_VARIABLE] = running.url
        yield running
        return
    own = SimulatorProcess(workspace.data_dir / _STATE, **(parameters or {}))
    try:
        own.start(meanwhile)
        address.write_text(own.url, encoding="utf-8")
        os.environ[DEMO_URL_VARIABLE] = own.url
        yield own
    finally:
        if own.url:
            address.unlink(missing_ok=True)
        own.stop()


def has_chain(workspace: Workspace) -> bool:
    """Whether a demo ever ran in this workspace."""
    return (workspace.data_dir / _STATE).exists()
