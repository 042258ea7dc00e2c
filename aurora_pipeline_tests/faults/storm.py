"""A storm: what a life stands on gives way at random moments, and the digests come out as those of a calm life.

`python -m aurora_pipeline_tests.faults.storm --kills 200 --seed 7`. Each life is struck one to three times before it
may come to its end; after every strike what is visible must hold, and in the end all digests must be the same.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from aurora_pipeline_tests.faults.clocks import libfaketime
from aurora_pipeline_tests.faults.small_life import Outcome, life, lived_out, looked_at
from aurora_pipeline_tests.faults.strikes import STRIKES, Case, Strike, possible


def one_life(case: Case, strikes: Sequence[Strike]) -> None:
    """Strike a life some times, then let it come to its end. Raises where it shows."""
    struck: list[str] = []
    for strike in strikes:
        struck.append(strike.__name__)
        strike(case)
        visible = looked_at(case.home, case.life.simulator)
        assert visible.problems == [], f"after {struck}: {visible.problems}"
    outcome = lived_out(case.home, case.life.simulator)
    assert outcome == case.life.undisturbed, f"after {struck}: {_differences(case.life.undisturbed, outcome)}"


def _differences(calm: Outcome, stormy: Outcome) -> str:
    """What came out otherwise than in a calm life."""
    layers = sorted(calm.digests.keys() | stormy.digests.keys())
    other = [layer for layer in layers if calm.digests.get(layer) != stormy.digests.get(layer)]
    return f"other digests of {other}; waiting: {stormy.waiting}; what does not hold: {stormy.problems}"


def main() -> None:
    """So many strikes; one line per life, exit code 1 where one shows."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=20, help="how many strikes in all")
    options.add_argument("--seed", type=int, default=0, help="the same seed chooses the same strikes")
    options.add_argument("--only", choices=[one.__name__ for one in STRIKES], action="append", help="strikes to choose")
    chosen = options.parse_args()
    at_hand = possible()
    strikes = [one for one in at_hand if chosen.only is None or one.__name__ in chosen.only]
    left_out = {one.__name__ for one in STRIKES} - {one.__name__ for one in at_hand}
    if left_out or libfaketime() is None:
        clocks = "" if libfaketime() else "; without libfaketime the server's clock is the true one"
        _tell(f"Not to be had here: {', '.join(sorted(left_out)) or 'no strike'}{clocks}.")
    counted, failed, number = Counter[str](), 0, 0
    with tempfile.TemporaryDirectory(prefix="aurora-storm-") as folder, life(Path(folder)) as begun:
        while counted.total() < chosen.kills:
            chance = random.Random(f"{chosen.seed}/{number}")
            several = chance.choices(strikes, k=min(chance.randint(1, 3), chosen.kills - counted.total()))
            case = Case(begun, begun.copied(Path(folder) / "case"), chance)
            names = [strike.__name__ for strike in several]
            try:
                one_life(case, several)
                told = "same digests"
            except AssertionError as error:
                told = f"FAILED {error}"
                failed += 1
            counted.update(names)
            _tell(f"life {number} (seed {chosen.seed}): {', '.join(names)}: {told}")
            shutil.rmtree(case.home)
            number += 1
    _tell(f"{counted.total()} strikes in {number} lives, {failed} lives failed: {dict(sorted(counted.items()))}")
    raise SystemExit(min(failed, 1))


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
