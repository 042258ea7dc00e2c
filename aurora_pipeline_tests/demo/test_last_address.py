"""The demo's providers keep their address in the configuration after they stopped: records of it stay true."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aurora_pipeline.demo.session import demo_providers
from aurora_pipeline.instance.chains import registry_rows
from aurora_pipeline.instance.workspace import DEMO_URL_VARIABLE, Workspace


def test_demo_providers__stopped__configuration_names_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DEMO_URL_VARIABLE, "")  # set by the session; put back afterwards
    workspace = Workspace(tmp_path, True, {})
    with demo_providers(workspace, begin=True) as simulator:
        running = Workspace(tmp_path, True, {DEMO_URL_VARIABLE: os.environ[DEMO_URL_VARIABLE]})
        recorded = registry_rows(running.configuration())["providers"]
        assert any(simulator.url in str(row["base_url"]) for row in recorded)
    assert registry_rows(workspace.configuration())["providers"] == recorded


def test_demo_providers__never_started__the_configuration_loads(tmp_path: Path) -> None:
    assert Workspace(tmp_path, True, {}).configuration().providers
