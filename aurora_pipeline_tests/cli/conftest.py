"""The command line as people use it: a demo made the hard way, and commands run in this process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.cli import app as cli
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, DEMO_VARIABLE, HOME_VARIABLE
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.cli.documents import data_of
from aurora_pipeline_tests.decided import register_validator
from aurora_pipeline_tests.end_to_end.world import kept_environment

VOTE = Parameters().key("vote", 0)
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
def aurora(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
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
        [sys.executable, "-m", "aurora_pipeline", *DEMO],
        env={**os.environ, HOME_VARIABLE: str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    )


def _ended(process: subprocess.Popen[str], head: str = "") -> Ended:
    out, err = process.communicate(timeout=300)
    return Ended(process.returncode, head + out, err)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What its standard output says as JSON: nothing else may stand there."""
        return data_of(self.out)

    @property
    def failure(self) -> Any:
        """What its error says as JSON: the last line of its standard error."""
        return data_of(self.err.splitlines()[-1])


Run = Callable[..., Ran]


@pytest.fixture
def home(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's directory, with the demo's chain registered and one validator on it."""
    for name in ("chains.yaml", "providers.yaml"):
        shutil.copy(str(files("aurora_pipeline.demo") / name), tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AURORA_HOME", str(tmp_path))
    monkeypatch.setenv("AURORA_DATABASE_URL", database.conninfo)
    monkeypatch.setenv("AURORA_DEMO_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("AURORA_DEMO", raising=False)
    with database.connect() as connection:
        register_validator(connection, VOTE, CHAIN_ID)
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; standard input is no terminal."""

    def ran(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["aurora", *arguments])
        capsys.readouterr()
        try:
            cli.main()
            code: Any = 0
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return Ran(int(code or 0), captured.out, captured.err)

    return ran
