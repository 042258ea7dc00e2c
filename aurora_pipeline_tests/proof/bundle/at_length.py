"""Both verifiers of bundles in any number of cases: `python -m aurora_pipeline_tests.proof.bundle.at_length`."""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from aurora_pipeline_tests.proof.bundle.made_bundles import MadeBundle
from aurora_pipeline_tests.proof.bundle.resigned_cases import cases_of
from aurora_pipeline_tests.proof.bundle.test_resigned import judged
from aurora_pipeline_tests.proof.bundle.test_verify_page import fields_of, unseen_fields
from aurora_pipeline_tests.proof.bundle.test_verify_page_containers import other_values, storm
from aurora_pipeline_tests.proof.bundle.test_verify_page_worlds import Wrong, refused_worlds
from aurora_pipeline_tests.proof.bundle.verify_page import Page
from aurora_pipeline_tests.proof.bundle.world_bundles import world_bundles

_AT_ONCE = 50
"""So many bundles are verified in one process of the page."""
Wrongs = Iterator[list[str]]
Item = TypeVar("Item")


def worlds(page: Page, seed: int, count: int) -> Wrongs:
    """What the engine computes holds."""
    for some in _some(world_bundles(seed, count)):
        yield refused_worlds(page, some)


def wrong_worlds(page: Page, seed: int, count: int) -> Wrongs:
    """One figure of a line or rule that was signed wrong is named."""
    wrong = Wrong(seed)
    for some in _some(world_bundles(seed, count, wrong.edit)):
        yield wrong.unseen(page, some)


def changed_bytes(page: Page, seed: int, count: int) -> Wrongs:
    """Bytes that change are refused, and nothing breaks."""
    made, chance = MadeBundle(), random.Random(seed)
    for _ in range(0, count, _AT_ONCE):
        yield storm(page, made, chance, _AT_ONCE)


def changed_values(page: Page, seed: int, count: int) -> Wrongs:
    """Values of any kind: the two verifiers agree, and nothing breaks."""
    made, chance = MadeBundle(), random.Random(seed)
    for _ in range(0, count, _AT_ONCE):
        yield other_values(page, made, chance, _AT_ONCE)


def changed_fields(page: Page, seed: int, count: int) -> Wrongs:
    """Every field of every row (of as many validators as `count`) is named, and refused where the manifest fits."""
    made = MadeBundle(count, seed=seed)
    every = [place for place in fields_of(made.files, sys.maxsize) if place[0] != "manifest.json"]
    for some in _some(every):
        yield unseen_fields(page, made, some)


def contradictions(page: Page, seed: int, count: int) -> Wrongs:
    """Fields of so many rows of each list, where everything that commits to them is signed again."""
    files = MadeBundle(seed=seed).files
    for some in _some(cases_of(files, count)):
        yield judged(page, files, some)[0]


def main() -> None:
    """Do all of it, and say what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worlds", type=int, default=1000, help="worlds that hold, and as many with a wrong figure")
    parser.add_argument("--bytes", type=int, default=3000, help="bundles of which some bytes change")
    parser.add_argument("--values", type=int, default=2000, help="bundles of which some values change")
    parser.add_argument("--validators", type=int, default=2, help="every field of a bundle of so many changes")
    parser.add_argument("--rows", type=int, default=4, help="fields of so many rows are signed again wrongly")
    options = parser.parse_args()
    parts: list[tuple[Callable[[Page, int, int], Wrongs], int]] = [
        (worlds, options.worlds),
        (wrong_worlds, options.worlds),
        (changed_bytes, options.bytes),
        (changed_values, options.values),
        (changed_fields, options.validators),
        (contradictions, options.rows),
    ]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for part, count in parts:
            started, wrong = (
                time.perf_counter(),
                [] if count == 0 else _all(part(Page(Path(folder)), options.seed, count)),
            )
            failed = failed or bool(wrong)
            said = f"{len(wrong)} wrong" if wrong else "none wrong"
            sys.stdout.write(f"{part.__name__} {count:,}: {said}, {time.perf_counter() - started:.0f} s\n")
            sys.stdout.writelines(f"  {one}\n" for one in wrong[:20])
            sys.stdout.flush()
    sys.exit(failed)


def _some(all_of: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(all_of)
    while some := list(itertools.islice(rest, _AT_ONCE)):
        yield some


def _all(found: Wrongs) -> list[str]:
    return [one for some in found for one in some]


if __name__ == "__main__":
    main()
