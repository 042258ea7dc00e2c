"""The command line as people use it: a demo made the hard way, and commands run in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from aurora_pipeline import cli
from aurora_pipeline.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, DEMO_VARIABLE, HOME_VARIABLE
from aurora_pipeline_tests.end_to_end.world import kept_environment

DEMO = ("demo", "--epochs", "1", "--validators", "4", "--stake-accounts", "60")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """Everything it said, as one line: the console wraps lines."""
        return " ".join((self.out + self.err).split())


Command = Callable[..., Ended]


@pytest.fixture
def aurora(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Run `aurora ...` in this process, in some home directory."""

    def run(home: Path, *arguments: str, **variables: str) -> Ended:
        with kept_environment(DEMO_VARIABLE, HOME_VARIABLE, DATABASE_VARIABLE, DEMO_URL_VARIABLE, *variables):
            os.environ.update({HOME_VARIABLE: str(home), **variables})
            monkeypatch.setattr(sys, "argv", ["aurora", *arguments])
            capsys.readouterr()
            try:
                cli.main()
                code = 0
            except SystemExit as leaving:
                code = int(leaving.code or 0)
            captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ended(code, captured.out, captured.err)

    return run


@dataclass(frozen=True)
class Made:
    """A demo, and how the commands ended that made it."""

    home: Path
    interrupted: Ended
    beside: tuple[Ended, Ended]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A demo in a very deep directory: interrupted once, then made by two commands at the same time."""
    home = tmp_path_factory.mktemp("deep").joinpath(*[f"a_folder_with_a_rather_long_name_{n}" for n in range(5)])
    home.mkdir(parents=True)
    assert len(str(home)) > 107  # longer than a socket's address may be
    first = _start(home)
    assert first.stdout is not None
    head = ""
    while "imported agreements" not in head:
        line = first.stdout.readline()
        assert line, f"the demo ended early: {head}"
        head += line
    # As a terminal does it: to the command and to everything it started.
    os.killpg(first.pid, signal.SIGINT)
    interrupted = _ended(first, head)
    both = [_start(home), _start(home)]
    ended = [_ended(process) for process in both]
    return Made(home, interrupted, (ended[0], ended[1]))


def _start(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "aurora_pipeline.cli", *DEMO],
        env={**os.environ, HOME_VARIABLE: str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def _ended(process: subprocess.Popen[str], head: str = "") -> Ended:
    out, err = process.communicate(timeout=120)
    return Ended(process.returncode, head + out, err)
