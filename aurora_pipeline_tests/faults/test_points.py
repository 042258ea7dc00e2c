"""Strikes at named points: nothing half is visible, and what follows comes to the digests of the undisturbed life.

`python -m aurora_pipeline_tests.faults.test_points` takes every point with every strike; the suite takes a few.
"""

from __future__ import annotations

import argparse
import importlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from aurora_pipeline_tests.faults.points import POINTS, Point, Strike
from aurora_pipeline_tests.faults.small_life import life, struck

_FEW = [
    ("lines published, no statement", Strike.EXIT),
    ("published, not committed, after", Strike.LOST_SERVER),
    ("snapshot recorded, after", Strike.FREEZE),
]


def test_points__each__names_a_function_and_there_are_enough() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS) >= 25
    assert {name for name, _ in _FEW} <= {point.name for point in POINTS}
    for point in POINTS:
        found: object = importlib.import_module(f"aurora_pipeline.{point.module}")
        for name in point.function.split("."):
            found = getattr(found, name)
        assert callable(found)


@pytest.mark.slow
def test_strikes__a_few__nothing_half_and_the_same_digests() -> None:
    # In a process of its own: the lives are forked, and this one may hold threads that a fork does not take along.
    command = [sys.executable, "-m", "aurora_pipeline_tests.faults.test_points", "--few"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"{len(_FEW)} strikes, 0 failed" in ended.stdout


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Every point with every strike, or those that are named; one line each, exit code 1 where one fails."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--points", default="", help="only those whose name contains this")
    options.add_argument("--strikes", nargs="*", type=Strike, default=list(Strike), help="only these")
    options.add_argument("--once", action="store_true", help="each point once, the strikes in turn")
    options.add_argument("--few", action="store_true", help="the handful that the suite takes")
    chosen = options.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="aurora-faults-") as folder, life(Path(folder)) as found:
        cases: list[tuple[Point, Strike]] = [
            (point, how)
            for place, point in enumerate(POINTS)
            if chosen.points in point.name
            for turn, how in enumerate(chosen.strikes)
            if not chosen.once or turn == place % len(chosen.strikes)
            if not chosen.few or (point.name, how) in _FEW
        ]
        for number, (point, how) in enumerate(cases, 1):
            home = found.copied(Path(folder) / "case")
            try:
                told = "same digests" if struck(found, home, point, how) == found.undisturbed else "OTHER DIGESTS"
            except AssertionError as error:
                told = f"FAILED: {error}"
            failed += told != "same digests"
            _tell(f"{number}/{len(cases)} {point.name} x {how.value}: {told}")
            shutil.rmtree(home)
    _tell(f"{len(cases)} strikes, {failed} failed")
    raise SystemExit(min(failed, 1))


if __name__ == "__main__":
    main()
