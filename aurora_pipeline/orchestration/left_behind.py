"""Processes that an `aurora up` started: known by a variable that each inherits, so that the next `up` can end them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

VARIABLE: Final = "AURORA_UP"
_PATIENCE_SECONDS: Final = {signal.SIGTERM: 10.0, signal.SIGKILL: 10.0}
_POLL_SECONDS: Final = 0.05


def marked(data_dir: Path) -> dict[str, str]:
    """The variable by which what is started for this data directory is known."""
    return {VARIABLE: str(data_dir)}


def left_behind(data_dir: Path) -> list[int]:
    """The processes that carry the mark of this data directory; a process id that was reused does not."""
    mark = f"{VARIABLE}={data_dir}"
    return [pid for pid, told in _environments() if mark in told and pid != os.getpid()]


def end_left_behind(data_dir: Path) -> int:
    """End whatever an earlier `up` of this data directory left; says how many processes that were."""
    found = left_behind(data_dir)
    for number, seconds in _PATIENCE_SECONDS.items():
        for pid in left_behind(data_dir):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + seconds
        # There is no event for the end of a process that somebody else started.
        while left_behind(data_dir) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    return len(found)


def _environments() -> Iterator[tuple[int, list[str]]]:
    """Every process of this user with its environment; of others it cannot be read."""
    if sys.platform == "linux":
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    yield int(entry.name), (entry / "environ").read_bytes().decode(errors="replace").split("\0")
        return
    listed = subprocess.run(["ps", "-xwwE", "-o", "pid=,command="], capture_output=True, text=True, check=False)
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if pid.isdigit():
            yield int(pid), command.split(" ")
