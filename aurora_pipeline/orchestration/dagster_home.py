"""Dagster's home of a workspace: its directory, its configuration, and the variables its processes need."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import CELERY_BROKER_VARIABLE, DAGSTER_URL_VARIABLE
from aurora_pipeline.orchestration.spread import spread

_CONFIGURATION = "dagster.yaml"
FOREGROUND_CONFIGURATION = "foreground.yaml"
"""For runs in a command's own process: what they print belongs on the terminal; capturing it takes four processes."""
_UNCAPTURED = """
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


def prepare_dagster_home(aurora: Aurora) -> dict[str, str]:
    """Make the home ready and return the environment for this and other processes; nothing in it is a secret of ours.

    The URL may hold the database's password, so it travels in the environment and is never printed or written.
    """
    source = shipped(_CONFIGURATION)
    home = aurora.workspace.dagster_home
    private_folder(aurora.workspace.data_dir)
    home.mkdir(mode=0o700, exist_ok=True)
    told = source.read_text(encoding="utf-8")
    broker = aurora.workspace.celery_broker
    _write(home / _CONFIGURATION, told if broker is None else spread(told, CELERY_BROKER_VARIABLE))
    _write(home / FOREGROUND_CONFIGURATION, told + _UNCAPTURED)
    return {
        **aurora.workspace.variables(),
        "DAGSTER_HOME": str(home),
        DAGSTER_URL_VARIABLE: aurora.dagster_url(),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        **({} if broker is None else {CELERY_BROKER_VARIABLE: broker}),
    }


def _write(target: Path, text: str) -> None:
    """Write a file if it says something else; other processes may be reading it."""
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.write_text(text, encoding="utf-8")


def enter_dagster_home(aurora: Aurora) -> None:
    """Make this process use the workspace's Dagster home."""
    os.environ.update(prepare_dagster_home(aurora))


def shipped(name: str) -> Path:
    """A file for Dagster that comes with this code, from a checkout and from a wheel alike."""
    return Path(str(files("aurora_pipeline.orchestration") / name))
