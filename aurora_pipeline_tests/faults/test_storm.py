"""A handful of the storm's strikes; `python -m aurora_pipeline_tests.faults.storm` takes as many as one likes."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.slow
def test_storm__a_few_strikes__each_life_comes_to_the_digests_of_a_calm_one() -> None:
    # In a process of its own: the lives are forked, and this one may hold threads that a fork does not take along.
    command = [sys.executable, "-m", "aurora_pipeline_tests.faults.storm", "--kills", "3", "--seed", "3"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "3 strikes in " in ended.stdout
