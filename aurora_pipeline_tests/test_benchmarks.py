"""The table of benchmarks: what is within a budget, that every row can still be measured, and what is kept as JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.measured import Budget, Measured
from benchmarks.run import BENCHMARKS

ROOT = Path(__file__).resolve().parents[1]


def figure(budget: Budget, peak_mib: int | None = None) -> Measured:
    """Three seconds beside two."""
    return Measured("something", 3.0, "s", 2.0, "something raw", budget, peak_mib)


@pytest.mark.parametrize(
    ("budget", "verdict"),
    [
        (Budget(), ""),
        (Budget(at_most=3), "within"),
        (Budget(at_most=2.9), "over"),
        (Budget(times=1.5), "within"),
        (Budget(times=1.4), "over"),
        (Budget(times=0.9), "over"),
        (Budget(times=1.4, longer=1), "within"),
        (Budget(times=1.4, longer=0.9), "over"),
        (Budget(at_most=3, times=1.4), "over"),
        (Budget(at_most=2.9, times=1.5), "over"),
        (Budget(mib=100), "within"),
        (Budget(at_most=3, mib=99), "over"),
    ],
    ids=lambda value: value.words("s") if isinstance(value, Budget) else None,
)
def test_verdict__all_that_is_given_has_to_hold(budget: Budget, verdict: str) -> None:
    assert figure(budget, peak_mib=100).verdict == verdict


def test_verdict__memory_that_was_not_measured__counts_for_nothing() -> None:
    assert figure(Budget(mib=1)).verdict == ""


def test_verdict__faster_than_the_baseline_but_not_enough__over() -> None:
    assert Measured("something", 1.9, "s", 2.0, "something raw", Budget(times=0.9)).verdict == "over"


def test_json__read_again__the_same_figure() -> None:
    one = figure(Budget(at_most=1, times=1.5, longer=0.25, mib=3), peak_mib=2)
    assert Measured.from_json(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize("name", BENCHMARKS)
def test_benchmark__of_the_table__is_a_program(name: str) -> None:
    module = import_module(f"benchmarks.{BENCHMARKS[name].module}")
    assert callable(module.main)
    assert callable(module.rows)


def test_run__smallest_row__one_table_and_its_json(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks.run", "paper_200", "--quick", "--json", str(file)]
    ended = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["quick"] is True
    [row] = told["rows"]
    assert (row["benchmark"], row["unit"], row["budget"]["at_most"]) == ("paper_200", "s", 2)
    assert row["verdict"] in {"within", "over"}
    assert min(row["figure"], row["baseline"], row["ratio"], row["processor"], row["peak_mib"]) > 0
    assert row["ratio"] == row["figure"] / row["baseline"]
    for heading in ("figure", "baseline", "ratio", "budget", row["verdict"]):
        assert heading in ended.stdout
