"""A sample of the storm on whole epochs; the whole of it is a command."""

from __future__ import annotations

from aurora_pipeline_tests.pnl.storm import storm


def test_epochs__struck__same_final_figures_or_none() -> None:
    done, defects = storm(1_200, seed=20_261_126)
    assert (done, defects) == (1_200, [])
