"""Processes that tests start: each leads a group of its own, and is gone afterwards with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

_ENDING_SECONDS_MAX = 60


@contextmanager
def started(
    command: Sequence[str], environment: Mapping[str, str], log: Path, ended_by: signal.Signals = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes into `log`; asked to end in the end, and made to if it does not."""
    with log.open("ab") as told:
        process = subprocess.Popen(
            command, env=dict(environment), stdout=told, stderr=told, cwd=log.parent, start_new_session=True
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            process.send_signal(ended_by)
            process.wait(_ENDING_SECONDS_MAX)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def dagster_daemon(
    workspace: Path, environment: Mapping[str, str], log: Path
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Dagster's daemon, without the UI."""
    command = [sys.executable, "-m", "dagster._daemon", "run", "--workspace", str(workspace)]
    return started(command, environment, log, signal.SIGINT)
