"""Statements against the model: `python -m aurora_pipeline_tests.statements.storm --sequences 100 --seed 7`.

Random lives of two partners on a real database, in any order: lines change, arrive late, are held, overridden and
taken away, months pass, statements are computed or left stale, and people take every step, allowed or not. After each
step that is allowed, and each that is refused, Aurora and the model have to say the same. In one life of four the
engine computes the lines, from P&L and by the rule of what is stale. A life that fails is made as short as it fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.ground import Ground
from aurora_pipeline_tests.statements.life import Step, steps
from aurora_pipeline_tests.statements.witness import Disagreement

_IN_A_HURRY = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",
    "jit = off",
    "track_activities = off",
    "track_counts = off",
    "plan_cache_mode = force_generic_plan",
)
"""Settings of a server whose data nobody needs tomorrow, and whose queries are short and always the same."""


def lived(ground: Ground, seed: int, taken: Sequence[Step], counts: Counter[str]) -> Exception | None:
    """Live a life to its end; what was found wrong, None: nothing."""
    with ground.life(seed) as life:
        try:
            for step in taken:
                life.take(step)
            life.end()
        except Exception as error:  # whatever it is, it ends the life
            return error
        finally:
            counts.update(life.counts)
            for partner in life.model.partners.values():
                counts.update(f"ended {one.stage}" for one in partner.stated)
    return None


def shortest(ground: Ground, seed: int, taken: list[Step], error: Exception) -> tuple[list[Step], Exception]:
    """The fewest of these steps after which something of the same kind is wrong."""
    size = max(1, len(taken) // 2)
    while True:
        for start in range(0, len(taken), size):
            fewer = taken[:start] + taken[start + size :]
            found = lived(ground, seed, fewer, Counter())
            if found is not None and type(found) is type(error):
                taken, error = fewer, found
                break
        else:
            if size == 1:
                return taken, error
            size = max(1, size // 2)


def storm(ground: Ground, sequences: int, seed: int, length: int = 30) -> Counter[str]:
    """Live so many lives; raises the first Disagreement, with the shortest life that has it."""
    counts: Counter[str] = Counter()
    for number in range(seed, seed + sequences):
        taken = steps(number, length)
        error = lived(ground, number, taken, counts)
        if error is not None:
            taken, error = shortest(ground, number, taken, error)
            told = "\n".join(f"  {step}" for step in taken)
            raise Disagreement(f"life {number}, shortened to\n{told}\n{type(error).__name__}: {error}") from error
    return counts


def _storm_of(given: tuple[str, str, int, int, int]) -> Counter[str] | str:
    """A part of a storm, in a process of its own: what happened, or the disagreement in words."""
    conninfo, folder, first, sequences, length = given
    ground = Ground(conninfo, Path(folder), f"life_{os.getpid()}")
    try:
        return storm(ground, sequences, first, length)
    except Disagreement as found:
        return str(found)
    finally:
        ground.close()


def _parts(seed: int, sequences: int, processes: int) -> Iterator[tuple[int, int]]:
    """First seed and number of the lives of each process."""
    for number in range(processes):
        share = sequences // processes + (number < sequences % processes)
        if share:
            yield seed, share
        seed += share


def main() -> None:
    """Live lives, and tell what happened in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=100, help="how many lives to live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=30, help="how many steps each has")
    parser.add_argument("--processes", type=int, default=1, help="how many processes live them, side by side")
    options = parser.parse_args()
    # Frames of ten rows are handed from thread to thread for longer than they are worked on.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    started = time.perf_counter()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "postgres") as server:
        with Database(server.dsn("postgres")).autocommit() as connection:
            for setting in _IN_A_HURRY:
                connection.execute(f"ALTER SYSTEM SET {setting}".encode())
            connection.execute("SELECT pg_reload_conf()")
        parts = [
            (server.dsn("postgres"), folder, first, share, options.length)
            for first, share in _parts(options.seed, options.sequences, options.processes)
        ]
        with ProcessPoolExecutor(options.processes, mp_context=get_context("spawn")) as pool:
            ended = list(pool.map(_storm_of, parts))
    found = [one for one in ended if isinstance(one, str)]
    if found:
        sys.exit("\n".join(found))
    counts = sum((one for one in ended if isinstance(one, Counter)), Counter[str]())
    took = time.perf_counter() - started
    rate = options.sequences / took
    sys.stdout.write(f"{options.sequences:,} sequences as the model says, in {took:.0f} s, {rate:.2f} a second\n")
    for kind, count in sorted(counts.items()):
        sys.stdout.write(f"  {kind}: {count:,}\n")


if __name__ == "__main__":
    main()
