"""A sample of the storm: random lives, with statements and refusals as the model says. Each seed is one life."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline_tests.statements.ground import Ground
from aurora_pipeline_tests.statements.life import STEPS, steps
from aurora_pipeline_tests.statements.storm import storm


@pytest.fixture(scope="module")
def ground(server: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Databases of this module's own on the server of all tests."""
    prefix = f"life_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    made = Ground(server.dsn("postgres"), tmp_path_factory.mktemp("lives"), prefix)
    yield made
    made.close()


@pytest.mark.parametrize("seed", [1, 2, 3])  # with computed lines, with hand-made ones, and with a floor per MONTH
def test_life__any_steps_in_any_order__as_the_model_says(ground: Ground, seed: int) -> None:
    counts = storm(ground, 1, seed, length=25)
    assert counts["submit"] > 0


@pytest.mark.slow
def test_lives__many__take_every_step_and_reach_every_stage(ground: Ground) -> None:
    counts = storm(ground, 15, 250, length=40)
    stages = {"PENDING_APPROVAL", "APPROVED", "RELEASED", "PAID"}
    assert {f"ended {stage}" for stage in stages} <= counts.keys()
    assert set(STEPS) <= counts.keys()
    assert counts["refused approve"] > 0
    assert counts["refused stale submit"] + counts["refused submit"] > 0


def test_steps__of_a_seed__are_always_the_same() -> None:
    assert steps(7, 30) == steps(7, 30) != steps(8, 30)
    assert set(Counter(kind for kind, _ in steps(7, 2_000))) == set(STEPS)
