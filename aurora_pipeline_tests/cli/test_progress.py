"""What is said while a range is computed: what every period lacks once, and of long sentences where all of it is."""

from __future__ import annotations

import pytest

from aurora_pipeline.cli.progress import Steps
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.computing import Ended
from aurora_pipeline.work.runs import AssetEnd, RunEnd
from aurora_pipeline_tests.registry.test_cost_entries import CHAINS


def said(capsys: pytest.CaptureFixture[str], *lacking: str) -> list[str]:
    """What is told of a run of so many periods, each with a staging asset that lacks something."""
    (chain,) = CHAINS.values()
    with Steps(chain) as steps:
        for number, text in enumerate(lacking):
            asset = AssetEnd("staging_positions", "staged", None, None, text, None)
            steps(Ended(RunEnd.of(PeriodKey("demo", EpochNumber(850 + number)), "run", [asset]), 1.0))
    return capsys.readouterr().err.splitlines()


def test_steps__every_period_lacks_the_same__said_with_the_first_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(capsys, "3 unavailable: nobody is named", "3 unavailable: nobody is named", "1 pending: late")
    assert lines == [
        "  demo:0000850  nothing computed in 1.0 s",
        "    staging_positions: 3 unavailable: nobody is named",
        "  demo:0000851  nothing computed in 1.0 s",
        "  demo:0000852  nothing computed in 1.0 s",
        "    staging_positions: 1 pending: late",
    ]


def test_steps__a_long_sentence__ends_with_the_command_that_tells_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    (_, line) = said(capsys, "1 unavailable: " + "much " * 100)
    assert line.endswith("much ... (all of it: `aurora status demo 850`)")
    assert "[...]" not in line
