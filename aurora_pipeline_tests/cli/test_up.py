"""`aurora up`: whatever it starts ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest

from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, DEMO_VARIABLE, HOME_VARIABLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="what is left is looked up in /proc"),
]

SECRET = "cAnAry-in-an-address"
LOOPBACK = "0100007F"
"""127.0.0.1, as the kernel writes it."""


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


def _listening(processes: Iterable[int]) -> set[str]:
    """Where some processes listen, as the kernel writes addresses."""
    sockets = set()
    for process in processes:
        for file in Path(f"/proc/{process}/fd").iterdir():
            with suppress(OSError):
                sockets.add(file.readlink().name)
    rows = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _up(home: Path, port: int) -> subprocess.Popen[str]:
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), home / name)
    environment = {name: value for name, value in os.environ.items() if name not in (DATABASE_VARIABLE, DEMO_VARIABLE)}
    return subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", "up", "--port", str(port)],
        env={**environment, HOME_VARIABLE: str(home), DEMO_URL_VARIABLE: f"http://127.0.0.1:9/?api-key={SECRET}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _until_running(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    said = ""
    while "Sensors are running" not in said:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def _end_all(*sessions: int) -> None:
    for session in sessions:
        for left in _alive(session):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up__told_to_end__nothing_that_it_started_is_left(tmp_path: Path, number: signal.Signals) -> None:
    process = _up(tmp_path, _free_port())
    try:
        assert "it has no login" in _until_running(process)
        started = _alive(process.pid)
        assert any("code-server" in words for words in started.values())
        # Every user of the machine sees what stands in a command line, and only this machine reaches what listens.
        assert not any(SECRET in words for words in started.values())
        assert _listening(started) == {LOOPBACK}
        # To the command alone, as a supervisor does it.
        process.send_signal(number)
        process.communicate(timeout=200)
        assert process.returncode == 0
        assert _alive(process.pid) == {}
        assert not list(tmp_path.rglob("postmaster.pid"))
    finally:
        _end_all(process.pid)


def test_up__killed__the_next_one_ends_what_it_left_and_another_one_at_once_is_refused(tmp_path: Path) -> None:
    port = _free_port()
    first = _up(tmp_path, port)
    sessions = [first.pid]
    try:
        _until_running(first)
        second = _up(tmp_path, port)
        sessions.append(second.pid)
        told, _ = second.communicate(timeout=200)
        assert (second.returncode, "runs on" in told) == (2, True), told
        first.kill()
        first.wait()
        assert any("code-server" in words for words in _alive(first.pid).values())
        third = _up(tmp_path, port)
        sessions.append(third.pid)
        assert "an earlier `aurora up` had left behind" in _until_running(third)
        assert not any("dagster" in words for words in _alive(first.pid).values())
        third.send_signal(signal.SIGTERM)
        third.communicate(timeout=200)
        assert [_alive(session) for session in sessions] == [{}, {}, {}]
    finally:
        _end_all(*sessions)


def test_up__its_data_are_moved_away__stops_everything_and_says_so(tmp_path: Path) -> None:
    process = _up(tmp_path, _free_port())
    try:
        _until_running(process)
        (tmp_path / ".aurora" / "main").rename(tmp_path / "elsewhere")
        told, _ = process.communicate(timeout=250)
        assert process.returncode == 2, told
        assert "is gone" in told
        assert not any("dagster" in words for words in _alive(process.pid).values())
    finally:
        _end_all(process.pid)
