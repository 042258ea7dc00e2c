"""Dagster's home of a workspace: its directory, its configuration, and the variables its processes need."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from aurora_pipeline.errors import AuroraError
from aurora_pipeline.runtime import Aurora
from aurora_pipeline.workspace import DAGSTER_URL_VARIABLE

_CONFIGURATION = "dagster.yaml"


def prepare_dagster_home(aurora: Aurora) -> dict[str, str]:
    """Make the home ready and return the environment for this and other processes; nothing in it is a secret of ours.

    The URL may hold the database's password, so it travels in the environment and is never printed or written.
    """
    source = project_file(_CONFIGURATION)
    home = aurora.workspace.dagster_home
    home.mkdir(parents=True, exist_ok=True)
    target = home / _CONFIGURATION
    if not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)
    return {
        **aurora.workspace.variables(),
        "DAGSTER_HOME": str(home),
        DAGSTER_URL_VARIABLE: aurora.dagster_url(),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }


def enter_dagster_home(aurora: Aurora) -> None:
    """Make this process use the workspace's Dagster home."""
    os.environ.update(prepare_dagster_home(aurora))


def project_file(name: str) -> Path:
    """A file at the root of the checkout this code runs from."""
    path = Path(__file__).parents[2] / name
    if not path.is_file():
        raise AuroraError(f"{path} is missing", "run Aurora from its checkout (pip install -e .), as `make` does")
    return path
