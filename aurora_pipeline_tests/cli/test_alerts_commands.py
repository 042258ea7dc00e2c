"""`aurora alerts`, and the sensor that tells: rehearsed on a real webhook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import find_workspace
from aurora_pipeline.work.alerts.looking import look_and_tell
from aurora_pipeline.work.backups.last import note_backup
from aurora_pipeline_tests.cli.conftest import Run
from aurora_pipeline_tests.work.alerts.listeners import webhook

MINUTE = timedelta(minutes=1)


def test_alerts_test__nobody_named__told_what_to_set(run: Run) -> None:
    ended = run("alerts", "test")
    assert (ended.code, "AURORA_ALERTS_WEBHOOK" in ended.err) == (2, True)


def test_alerts_test__delivered_or_not__says_so_per_channel(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        monkeypatch.setenv("AURORA_ALERTS_WEBHOOK", hook.url)
        assert run("alerts", "test").out == "webhook: sent\n"
        assert hook.heard[0]["data"]["happening"] == "TEST"
        hook.status = 503
        ended = run("alerts", "test")
    assert (ended.code, "HTTP 503" in ended.out, "secret-of-the-hook" in ended.out + ended.err) == (75, True, False)


def test_look_and_tell__a_whole_instance__told_once_and_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("alerts", "list").out == "nobody was told of anything yet\n"
    with Aurora(find_workspace()) as aurora:
        _, told, _ = look_and_tell(aurora, None, datetime.now(UTC))
        assert told is None  # nobody is named
        note_backup(aurora.workspace, "2026-01-01T00:00:00+00:00", Path("/backups/1"), "")
    with webhook() as hook:
        monkeypatch.setenv("AURORA_ALERTS_WEBHOOK", hook.url)
        with Aurora(find_workspace()) as aurora:
            cursor, now = "", datetime.now(UTC)
            for minute in range(8):
                cursor, told, wrong = look_and_tell(aurora, cursor, now + minute * MINUTE)
        assert (wrong, [one["data"]["cause"] for one in hook.heard]) == (1, ["backup:old"])
    (listed,) = run("alerts", "list", "--json").json
    assert (listed["channel"], listed["happening"], listed["cause"]) == ("webhook", "OPEN", "backup:old")
    assert "backup" in run("alerts", "list").out
