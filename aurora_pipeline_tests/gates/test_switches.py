"""Pandera's own switches: none of them opens the gate; a process that finds one refuses to work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pandera.config import ValidationDepth, config_context

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.foundation.errors import SettingRefused
from aurora_pipeline.store.frames import frame_of, refusals

REPOSITORY = Path(__file__).parents[2]
_OFF = [
    ("PANDERA_VALIDATION_ENABLED", "False"),
    ("PANDERA_VALIDATION_DEPTH", "SCHEMA_ONLY"),
    ("PANDERA_VALIDATION_DEPTH", "DATA_ONLY"),
]


@pytest.mark.parametrize(
    "switch",
    [
        {"validation_enabled": False},
        {"validation_depth": ValidationDepth.SCHEMA_ONLY},
        {"validation_depth": ValidationDepth.DATA_ONLY},
    ],
)
def test_gate__a_switch_of_panderas_is_off__refuses_to_look(switch: dict[str, object]) -> None:
    with config_context(**switch), pytest.raises(SettingRefused, match="switched off"):  # type: ignore[arg-type]
        refusals(FEES, frame_of(FEES, []))


def test_gate__all_of_pandera_is_asked__looks() -> None:
    with config_context(validation_depth=ValidationDepth.SCHEMA_AND_DATA):
        assert refusals(FEES, frame_of(FEES, [])) == []
        assert refusals(FEES, frame_of(FEES, []).drop("fees"))


@pytest.mark.parametrize(("name", "value"), _OFF)
def test_command__a_switch_is_off_in_the_environment__says_so_and_starts_nothing(
    name: str, value: str, tmp_path: Path
) -> None:
    for file in ("chains.yaml", "providers.yaml"):
        (tmp_path / file).write_bytes((REPOSITORY / file).read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "aurora_pipeline", "status"],
        env={**os.environ, "AURORA_HOME": str(tmp_path), name: value},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Pandera validation is switched off in this environment" in done.stderr
    assert f"unset {_OFF[0][0]}" in done.stderr
    assert list(tmp_path.rglob("postgres")) == []
