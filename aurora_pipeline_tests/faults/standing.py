"""`aurora up` on a small life's home: the web server, the daemon, the code server and the runs that they start."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aurora_pipeline.instance.workspace import HOME_VARIABLE
from aurora_pipeline.orchestration.left_behind import left_behind

PARTS: Final = {"daemon": "dagster._daemon", "web server": "dagster_webserver", "code server": "code-server"}
"""What stands while `up` does, by a word of its command."""
_ENDING_SECONDS_MAX = 60


@dataclass(frozen=True)
class Standing:
    """One that stands."""

    process: subprocess.Popen[str]
    data_dir: Path

    def kill(self, word: str) -> int:
        """Kill the processes of a part; says how many there were."""
        killed = 0
        for pid in left_behind(self.data_dir):
            with suppress(OSError):
                if word in Path(f"/proc/{pid}/cmdline").read_text():
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
        return killed

    def end(self) -> str:
        """Ctrl-C; says what it printed."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        told, _ = self.process.communicate(timeout=_ENDING_SECONDS_MAX)
        return told


@contextmanager
def standing(home: Path, simulator: str) -> Iterator[Standing]:
    """Have it stand on a demo's home whose simulator runs already; whoever is done with it ends it."""
    data_dir = home / ".aurora" / "demo"
    (data_dir / "simulator.json").touch()
    (data_dir / "simulator.url").write_text(simulator)
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", "--demo", "up", "--port", str(_free_port())],
        env={**os.environ, HOME_VARIABLE: str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    told = ""
    try:
        while "Dagster UI" not in told:
            line = process.stdout.readline()
            assert line, f"it did not come to stand: {told}"
            told += line
        yield Standing(process, data_dir)
    finally:
        process.kill()
        process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
