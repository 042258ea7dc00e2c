"""The report of `make coverage`: the least covered files first, the total last, and a floor that fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aurora_pipeline_tests.coverage_report import FLOOR_PERCENT, main


def measured(*files: tuple[str, int, list[int]]) -> dict[str, Any]:
    return {
        "files": {
            path: {
                "missing_lines": missing,
                "summary": {
                    "covered_lines": run,
                    "missing_lines": len(missing),
                    "covered_branches": 0,
                    "missing_branches": 0,
                },
            }
            for path, run, missing in files
        }
    }


def test_report__two_files__least_covered_first_and_the_total_of_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "coverage.json"
    place.write_text(json.dumps(measured(("whole.py", 990, []), ("empty.py", 0, []), ("half.py", 4, [3, 7, 8, 9]))))
    assert main(str(place)) == 0
    assert capsys.readouterr().out.splitlines() == [
        " 50.0 %  half.py: 3, 7-9",
        "100.0 %  empty.py: ",
        "100.0 %  whole.py: ",
        f"Coverage: 99.6 % of lines and branches; the floor is {FLOOR_PERCENT:.1f} %",
    ]


def test_report__below_the_floor__fails(tmp_path: Path) -> None:
    place = tmp_path / "coverage.json"
    place.write_text(json.dumps(measured(("half.py", 929, list(range(71))))))
    assert main(str(place)) == 1
