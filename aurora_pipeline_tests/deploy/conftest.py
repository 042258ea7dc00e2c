"""Services are installed from an operator's directory, as commands are run."""

from __future__ import annotations

from aurora_pipeline_tests.cli.conftest import home as home
from aurora_pipeline_tests.cli.conftest import run as run
