"""`aurora up`: whatever it starts ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest

from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, DEMO_VARIABLE, HOME_VARIABLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what is left is looked up in /proc"),
]


def _alive(session: int) -> dict[int, str]:
    """The processes of a session that have not ended, with what each is."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, _, _, of_session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                words = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if int(of_session) == session and state != "Z":
                found[int(entry.name)] = words
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up__told_to_end__nothing_that_it_started_is_left(tmp_path: Path, number: signal.Signals) -> None:
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name not in (DATABASE_VARIABLE, DEMO_VARIABLE)}
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", "up", "--port", str(port)],
        env={**environment, HOME_VARIABLE: str(tmp_path), DEMO_URL_VARIABLE: "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while "Sensors are running" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        started = _alive(process.pid)
        assert any("code-server" in words for words in started.values())
        # To the command alone, as a supervisor does it.
        process.send_signal(number)
        process.communicate(timeout=90)
        assert process.returncode == 0
        assert _alive(process.pid) == {}
        assert not list(tmp_path.rglob("postmaster.pid"))
    finally:
        for left in _alive(process.pid):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
