"""Commands that read, on the computed epoch of the proofs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aurora_pipeline.cli import app
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline_tests.cli.conftest import Ran
from aurora_pipeline_tests.end_to_end.world import kept_environment
from aurora_pipeline_tests.proof.conftest import computed, copied, shared

__all__ = ["computed", "copied", "shared"]

Ask = Callable[..., Ran]


@pytest.fixture
def ask(copied: Aurora, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Ask]:
    """Run a command line on a copy of the computed epoch."""
    workspace = copied.workspace
    variables = {
        "AURORA_HOME": str(workspace.home),
        "AURORA_DATABASE_URL": str(workspace.database_url),
        "AURORA_DEMO_URL": "http://127.0.0.1:9",
        "AURORA_DEMO": "0",
        "COLUMNS": "160",
    }

    def run(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["aurora", *arguments])
        capsys.readouterr()
        try:
            app.main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    with kept_environment(*variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a command may write."""
    return tmp_path
