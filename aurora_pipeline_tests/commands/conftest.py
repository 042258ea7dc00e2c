"""`aurora ...` in this process: a workspace with the demo's configuration on the test's own database."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline.cli import main
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.store.database import Database

VOTE = Parameters().key("vote", 0)


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON: nothing else may stand there."""
        return json.loads(self.out)


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
        connection.execute(
            """INSERT INTO canonical_validator_identities
               (chain_id, validator_key, revision, valid_from, name, ownership, recorded_by)
               VALUES (%s, %s, 1, '2025-01-01', 'V', 'OPERATOR', 'ada')""",
            [CHAIN_ID, VOTE],
        )
    return tmp_path


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; standard input is no terminal."""

    def ran(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["aurora", *arguments])
        capsys.readouterr()
        try:
            main()
            code: Any = 0
        except SystemExit as exit_:
            code = exit_.code
        captured = capsys.readouterr()
        return Ran(int(code or 0), captured.out, captured.err)

    return ran
