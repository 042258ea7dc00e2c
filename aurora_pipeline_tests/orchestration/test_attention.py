"""The sensor `attention`: it looks, tells, and never asks for a run."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from shutil import copy

import dagster as dg
import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, Workspace
from aurora_pipeline.orchestration.attention import attention
from aurora_pipeline.orchestration.failing import Said
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.work.alerts.listeners import webhook


def looked(database: Database, home: Path, cursor: str | None, **env: str) -> dg.SensorResult:
    for name in ("chains.yaml", "providers.yaml"):
        copy(str(files("aurora_pipeline.demo") / name), home / name)
    variables = {DATABASE_VARIABLE: database.conninfo, DEMO_URL_VARIABLE: "http://127.0.0.1:9", **env}
    with Aurora(Workspace(home, False, variables)) as aurora:
        context = dg.build_sensor_context(cursor=cursor, resources={"aurora": aurora})
        found = attention(context)
    assert isinstance(found, dg.SensorResult)
    return found


def words(found: dg.SensorResult) -> str:
    return str(getattr(found.skip_reason, "skip_message", found.skip_reason))


def test_attention__nothing_wrong__nothing_asked_for(database: Database, tmp_path: Path) -> None:
    found = looked(database, tmp_path, None)
    assert words(found) == "nothing needs a person; nobody is named to be told (docs/operations.md)"
    assert found.run_requests == []


def test_attention__webhook_down__the_look_ends_well_and_says_so(database: Database, tmp_path: Path) -> None:
    data = tmp_path / ".aurora" / "main"
    data.mkdir(parents=True)
    (data / "last_backup.json").write_text('{"made_at": "2026-01-01T00:00:00+00:00"}')
    seen = '{"backup:old": ["2026-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"]}'
    with webhook() as hook:
        hook.status = 500
        found = looked(database, tmp_path, seen, AURORA_ALERTS_WEBHOOK=hook.url)
        assert "1 thing(s) need a person; 0 message(s) sent, 1 follow; not delivered: " in words(found)
        assert "secret-of-the-hook" not in words(found)
        hook.status = 200
        assert "1 message(s) sent" in words(looked(database, tmp_path, found.cursor, AURORA_ALERTS_WEBHOOK=hook.url))
        assert len(hook.heard) == 1


def test_attention__a_setting_that_cannot_be_used__fails_the_look(database: Database, tmp_path: Path) -> None:
    with pytest.raises(Said, match="is no web address"):
        looked(database, tmp_path, None, AURORA_ALERTS_WEBHOOK="hooks")
