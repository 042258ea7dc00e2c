"""`aurora sql` without a query, on a terminal of its own: psql where installed, else a prompt; nothing is changed."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.instance.runtime import Aurora

_CTRL_C, _CTRL_D = "\x03", "\x04"
_SECONDS_MAX = 90
pytestmark = pytest.mark.slow


@dataclass
class Terminal:
    """A command on a pseudo-terminal, as somebody types and reads."""

    process: subprocess.Popen[bytes]
    screen: int
    said: str = field(default="")

    def until(self, words: str) -> str:
        """What is written up to some words, these included."""
        deadline = time.monotonic() + _SECONDS_MAX
        while words not in self.said:
            ready, _, _ = select.select([self.screen], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{words!r} does not come: {self.said}"
            try:
                more = os.read(self.screen, 65536)
            except OSError:  # Linux tells the end of a terminal's other side so
                more = b""
            assert more, f"it ended before {words!r}: {self.said}"
            self.said += more.decode()
        told, found, self.said = self.said.partition(words)
        return told + found

    def type(self, keys: str) -> None:
        os.write(self.screen, keys.encode())

    def interrupted(self) -> int:
        """Press Ctrl-C until it ends: one that comes between a prompt and the reading after it is not heard."""
        deadline = time.monotonic() + _SECONDS_MAX
        while time.monotonic() < deadline and self.process.poll() is None:
            self.type(_CTRL_C)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
        return self.ended()

    def ended(self) -> int:
        return self.process.wait(timeout=_SECONDS_MAX)


@contextmanager
def terminal(variables: dict[str, str], *arguments: str, columns: int = 120) -> Iterator[Terminal]:
    """Run `aurora` with a terminal as its standard input, output and error."""
    screen, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", *arguments],
        stdin=other,
        stdout=other,
        stderr=other,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1", **variables},
        start_new_session=True,
        preexec_fn=_own_terminal,
    )
    os.close(other)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def _own_terminal() -> None:
    """Make the terminal the session's own, so that Ctrl-C reaches the command."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _variables(aurora: Aurora) -> dict[str, str]:
    workspace = aurora.workspace
    return {
        "AURORA_HOME": str(workspace.home),
        "AURORA_DATABASE_URL": str(workspace.database_url),
        "AURORA_DEMO_URL": "http://127.0.0.1:9",
        "AURORA_DEMO": "0",
    }


def _made(aurora: Aurora) -> list[str]:
    with aurora.database.connect() as connection:
        rows = connection.execute("SELECT relname FROM pg_class WHERE relname LIKE 'slipped%'").fetchall()
    return [row["relname"] for row in rows]


def test_sql__on_a_terminal_without_psql__asks_answers_and_changes_nothing(copied: Aurora, tmp_path: Path) -> None:
    with terminal({**_variables(copied), "PATH": str(tmp_path)}, "sql") as typed:
        typed.until("aurora> ")
        typed.type("SELECT count(*) AS validators\n")
        typed.until("aurora> ")
        typed.type("FROM validator_pnl;\n")
        assert "validators" in typed.until("aurora> ")
        typed.type("SELECT * FROM nowhere;\n")
        assert 'relation "nowhere" does not exist' in typed.until("aurora> ")
        typed.type("SET default_transaction_read_only = off; CREATE TABLE slipped_in (x int);\n")
        assert "multiple commands" in typed.until("aurora> ")
        typed.type("CREATE TABLE slipped_in (x int);\n")
        assert "read-only" in typed.until("aurora> ")
        typed.type("SELECT current_user;\n")
        assert "_reader" in typed.until("aurora> ")
        typed.type(_CTRL_D)
        assert typed.ended() == 0
    assert _made(copied) == []


def test_sql__ctrl_c_at_the_prompt__ends_it_without_a_traceback(copied: Aurora, tmp_path: Path) -> None:
    with terminal({**_variables(copied), "PATH": str(tmp_path)}, "sql") as typed:
        typed.until("aurora> ")
        assert typed.interrupted() == 130
        assert "Traceback" not in typed.said


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed here")
def test_sql__on_a_terminal_with_psql__opens_it_as_the_login_that_only_reads(copied: Aurora) -> None:
    with terminal({**_variables(copied), "PAGER": "cat", "PSQLRC": "/dev/null"}, "sql") as typed:
        typed.until("=> ")
        typed.type("SELECT 'asked by ' || current_user;\n")
        assert "_reader" in typed.until("row)")
        typed.until("=> ")
        typed.type("SET default_transaction_read_only = off;\n")
        typed.until("=> ")
        typed.type("CREATE TABLE slipped_in (x int);\n")
        assert "permission denied" in typed.until("=> ")
        typed.type("\\d validator_pnl_named\n")
        typed.until("=> ")
        typed.type("\\q\n")
        assert typed.ended() == 0
    assert _made(copied) == []


def test_sql__dsn_on_a_terminal__holds_the_server_until_ctrl_c(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "aurora_pipeline", "init", str(tmp_path)], check=True, capture_output=True)
    home = {"AURORA_HOME": str(tmp_path), "AURORA_DATABASE_URL": "", "AURORA_DEMO": "0"}
    with terminal(home, "sql", "--dsn", columns=400) as typed:
        told = typed.until("the server runs until Ctrl-C")
        address = next(line for line in told.splitlines() if "dbname=" in line).strip()
        with psycopg.connect(address) as session:
            assert session.execute("SELECT count(*) FROM validator_pnl").fetchone() == (0,)
        assert typed.interrupted() == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


def test_sql__dsn_without_any_standard_input__holds_the_server_until_it_is_ended(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "aurora_pipeline", "init", str(tmp_path)], check=True, capture_output=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", "sql", "--dsn"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "AURORA_HOME": str(tmp_path), "AURORA_DATABASE_URL": "", "AURORA_DEMO": "0"},
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert f"the server runs until `kill {process.pid}`" in process.stdout.readline()
    with psycopg.connect(address) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=_SECONDS_MAX) == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)


def test_sql__dsn_with_something_piped_in__holds_the_server_until_that_ends(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "aurora_pipeline", "init", str(tmp_path)], check=True, capture_output=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline", "sql", "--dsn"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "AURORA_HOME": str(tmp_path), "AURORA_DATABASE_URL": "", "AURORA_DEMO": "0"},
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert "until standard input ends" in process.stdout.readline()
    with psycopg.connect(address) as session:
        assert session.execute("SELECT 1").fetchone() == (1,)
    process.communicate(timeout=60)
    assert process.returncode == 0
