"""A demo that is broken off between a move of its clock and what is due then does it when it goes on."""

from __future__ import annotations

from pathlib import Path

from aurora_pipeline.demo.story import OBSERVED_AT_BPS, let_pass
from aurora_pipeline_tests.end_to_end.world import SMALL, world

EPOCH = SMALL.first_epoch


def test_let_pass__clock_moved_but_nothing_sampled__is_sampled(tmp_path: Path) -> None:
    with world(tmp_path, range(EPOCH, EPOCH + 1)) as demo:
        demo.simulator.advance(epoch=EPOCH, fraction_bps=OBSERVED_AT_BPS[0])
        let_pass(demo.aurora, demo.simulator, EPOCH, lambda text: None)
        slots = demo.rows("SELECT DISTINCT slot FROM observations WHERE epoch = %s", EPOCH)
    assert len(slots) == len(OBSERVED_AT_BPS)
