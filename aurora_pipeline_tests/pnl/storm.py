"""Whole epochs under struck answers: `python -m aurora_pipeline_tests.pnl.storm --tries 100000 --seed 7`.

A try takes a good epoch's staged answers, changes one of them in one place or in its bytes, and computes the layer
again. Allowed are the same final figures, or none. A defect is another final figure, or an exception.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from aurora_pipeline.store.payloads.fetches import StagedFetch
from aurora_pipeline_tests.pnl.test_left_out import figures, good, layers, mutants
from aurora_pipeline_tests.sources.storm.garbling import garbled, limited

SECONDS_PER_TRY_MAX = 60
_ROUNDS_AT_ONCE = 200


def struck_epochs(staged: Sequence[StagedFetch], rounds: int, seed: int) -> Iterator[tuple[str, list[StagedFetch]]]:
    """Half of them lack something; in the others an answer holds what no provider should send.

    An answer that says another number, or the same rows in another order where rows have no name, is a lie that no
    reader can tell from the truth: cross-checks are for that.
    """
    yield from mutants(staged, rounds // 2, seed)
    random = Random(seed)
    for _ in range(rounds - rounds // 2):
        number = random.randrange(len(staged))
        answer = random.choice(staged[number].answers)
        other = replace(answer, body=garbled(answer.body, random))
        yield (
            f"{staged[number].subject} {answer.request_key}: {other.body[:200]!r}",
            [
                replace(
                    one,
                    answers=tuple(other if told.request_key == answer.request_key else told for told in one.answers),
                )
                for one in staged
            ],
        )


def storm(tries: int, seed: int) -> tuple[int, list[str]]:
    """How many epochs were computed, and every defect."""
    done, defects = 0, list[str]()
    names = list(layers())
    while done < tries:
        name = names[(done // _ROUNDS_AT_ONCE) % len(names)]
        rounds = min(_ROUNDS_AT_ONCE, tries - done)
        staged, compute = layers()[name]
        expected = good(name)
        for said, changed in struck_epochs(staged, rounds, seed + done):
            try:
                with limited(SECONDS_PER_TRY_MAX):
                    found = figures(compute(changed))
            except Exception as error:
                defects.append(f"{name} (seed {seed + done}): {said}: {type(error).__name__}: {error}")
                continue
            for key, row in found.items():
                known = expected.get(key, {})
                wrong = {one: amount for one, amount in row.items() if amount is not None and amount != known.get(one)}
                if wrong:
                    defects.append(f"{name} (seed {seed + done}): {said} made {key} final with {wrong}")
        done += rounds
    return done, defects


def main() -> None:
    """Run a storm and say what it found; exit code 1 where that is a defect."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    done, defects = storm(options.tries, options.seed)
    for defect in defects[:20]:
        sys.stdout.write(f"{defect[:600]}\n")
    seconds = time.perf_counter() - started
    sys.stdout.write(f"{done:,} struck epochs computed in {seconds:.0f} s, {len(defects)} defects\n")
    sys.exit(1 if defects else 0)


if __name__ == "__main__":
    main()
