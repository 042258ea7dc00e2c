"""A period whose bounds no node tells: the demo says so, and starts nothing on a period that is not recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline_tests.end_to_end.world import world

pytestmark = pytest.mark.slow

PARAMETERS = Parameters(seed=5, validators=3, stake_accounts=60, slots_per_epoch=80)
EPOCH = 850


def test_demo__bounds_that_nobody_tells__said_and_it_goes_on_once_they_are(tmp_path: Path) -> None:
    with world(tmp_path, range(EPOCH, EPOCH + 1), PARAMETERS) as lived:
        lived.simulator.fault("getBlock", "status", status=503, count=1_000)
        with pytest.raises(AuroraError, match=f"where epoch {EPOCH} begins and ends"):
            lived.live(EPOCH)
        assert lived.rows("SELECT FROM ingestion_runs WHERE data_type = 'fees'") == []
        lived.simulator.clear_faults()
        assert lived.live(EPOCH).failures == ()
