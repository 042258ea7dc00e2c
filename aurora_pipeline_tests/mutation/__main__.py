"""Runs mutants of the money rooms against the tests of their rooms, and names those that no test noticed.

Each mutant is a run of pytest of its own, which ends with the first test that fails. So all of it takes hours; a
sample, always the same for the same seed, takes minutes.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from aurora_pipeline_tests.mutation.mutants import Mutant, mutants
from aurora_pipeline_tests.mutation.plugin import MUTANT

ROOT: Final = Path(__file__).parents[2]
_LINES: Final = "aurora_pipeline_tests/commissions"
ROOMS: Final[dict[str, tuple[str, ...]]] = {
    "foundation/money.py": ("aurora_pipeline_tests/foundation/test_money.py", f"{_LINES}/test_worked_figures.py"),
    "pnl": ("aurora_pipeline_tests/pnl",),
    "commissions": (
        *(f"{_LINES}/test_{name}.py" for name in ("worked_figures", "commission_lines", "missing_figures", "money")),
        _LINES,
        "aurora_pipeline_tests/cli/test_simulate_command.py",
        "aurora_pipeline_tests/cli/test_override_commands.py",
    ),
    "statements": ("aurora_pipeline_tests/statements", "aurora_pipeline_tests/work/test_stale_in_a_database.py"),
}
"""What is changed, and the tests that have to notice, the fastest first."""
_SECONDS_MAX: Final = 300
"""A mutant that never ends is noticed too."""
_TESTS_FAILED: Final = (1, 2)
_NO_TESTS: Final = 5


class Fate(StrEnum):
    """What became of a mutant."""

    NOTICED = "noticed"
    HUNG = "hung"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Candidate:
    """A mutant with where it is and who should notice."""

    path: Path
    mutant: Mutant
    tests: tuple[str, ...]

    @property
    def module(self) -> str:
        """The module that is changed."""
        return ".".join(self.path.with_suffix("").parts)

    def __str__(self) -> str:
        """Where it is and what is changed."""
        return f"{self.path}:{self.mutant.line}: {self.mutant.words} (number {self.mutant.number})"


def candidates(rooms: Sequence[str]) -> list[Candidate]:
    """Every mutant of some rooms; declarations of tables have tests of their own."""
    found = []
    for room in rooms:
        place = ROOT / "aurora_pipeline" / room
        files = [place] if place.is_file() else sorted(place.glob("*.py"))
        for file in files:
            if file.name not in ("tables.py", "__init__.py"):
                text = file.read_text("utf-8")
                found += [Candidate(file.relative_to(ROOT), one, ROOMS[room]) for one in mutants(text)]
    return found


def fate(candidate: Candidate) -> Fate:
    """Run the tests with one mutant: the fast ones, and those that are slow only where no fast one noticed."""
    fast = _fate(candidate, "not slow")
    return fast if fast is not Fate.SURVIVED else _fate(candidate, "slow")


def _fate(candidate: Candidate, marked: str) -> Fate:
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "aurora_pipeline_tests.mutation.plugin"]
    command += ["-p", "no:cacheprovider", "-p", "no:xdist", "-m", marked, *candidate.tests]
    environment = {**os.environ, MUTANT: f"{candidate.module}:{candidate.mutant.number}"}
    try:
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, timeout=_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return Fate.HUNG
    if ended.returncode in (0, _NO_TESTS):
        return Fate.SURVIVED
    if ended.returncode in _TESTS_FAILED:
        return Fate.NOTICED
    raise SystemExit(f"pytest ended with {ended.returncode} at {candidate}:\n{ended.stdout.decode()[-2000:]}")


def main() -> None:
    """Run it from a command line."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], default=list(ROOMS), help="what to change; else all")
    parser.add_argument("--sample", type=int, default=60, help="how many mutants; 0: all (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="which ones: the same seed, the same mutants")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default: 2)")
    options = parser.parse_args()
    found = candidates(options.rooms or list(ROOMS))
    chosen = found if not options.sample else random.Random(options.seed).sample(found, min(options.sample, len(found)))
    sys.stdout.write(f"{len(chosen)} of {len(found)} mutants\n")
    survivors = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for candidate, became in zip(chosen, pool.map(fate, chosen), strict=True):
            survivors += became is Fate.SURVIVED
            sys.stdout.write(f"{became.upper() if became is Fate.SURVIVED else became:9} {candidate}\n")
            sys.stdout.flush()
    noticed = len(chosen) - survivors
    sys.stdout.write(f"{noticed} of {len(chosen)} noticed: {100 * noticed // max(1, len(chosen))} %\n")


if __name__ == "__main__":
    main()
