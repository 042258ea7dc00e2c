"""The engine against the oracle in any number of cases: `python -m aurora_pipeline_tests.commissions.storm`."""

from __future__ import annotations

import argparse
import random
import sys
import time

from aurora_pipeline_tests.commissions.worlds import assert_equal_to_oracle, make_world

_WORLDS_AT_ONCE = 80


def storm(cases: int, seed: int) -> int:
    """Compare until at least so many lines were compared, with all parts and totals; returns how many were."""
    chance = random.Random(seed)
    compared = 0
    while compared < cases:
        worlds = {name: make_world(chance, name) for name in (f"w{number:03d}" for number in range(_WORLDS_AT_ONCE))}
        compared += assert_equal_to_oracle(worlds, chance)
    return compared


def main() -> None:
    """Run a storm and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1_000_000, help="lines to compare, with their parts and totals")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    compared = storm(options.cases, options.seed)
    sys.stdout.write(f"{compared:,} lines equal to the oracle in {time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
