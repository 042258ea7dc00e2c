"""Statements against the model: `python -m aurora_pipeline_tests.statements.storm --sequences 100 --seed 7`.

Random lives of two partners on a real database, in any order: lines change, arrive late, are held, overridden and
taken away, months pass, statements are computed or left stale, and people take every step, allowed or not. After each
step that is allowed, and each that is refused, Aurora and the model have to say the same. A life that fails is made as
short as it fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.statements.books import Books
from aurora_pipeline_tests.statements.life import PARTNERS, Life, Step, steps
from aurora_pipeline_tests.statements.witness import Disagreement

FLOOR = 500


@dataclass
class Ground:
    """A server with a database that begins every life, for each floor."""

    server: EmbeddedPostgres
    folder: Path
    prefix: str = "life"
    """Of its databases' names."""
    made: int = 0

    def prepare(self) -> None:
        """Make the databases that lives begin with."""
        for floor in (None, FLOOR):
            self.server.ensure_database(self._template(floor))
            database = Database(self.server.dsn(self._template(floor)))
            upgrade(database)
            Books(database, PARTNERS, floor=floor).begin()
            database.let_go()

    def _template(self, floor: int | None) -> str:
        return f"{self.prefix}_plain" if floor is None else f"{self.prefix}_floor"

    @contextmanager
    def life(self, floor: int | None) -> Iterator[Life]:
        """A life in a database of its own."""
        self.made += 1
        name = f"{self.prefix}_{self.made}"
        admin = Database(self.server.dsn("postgres"))
        with admin.autocommit() as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template(floor)} STRATEGY file_copy".encode())
        database = Database(self.server.dsn(name))
        try:
            life = Life(Books(database, PARTNERS, floor=floor), self.folder)
            life.begin()
            yield life
        finally:
            database.let_go()
            with admin.autocommit() as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            admin.let_go()


def lived(ground: Ground, seed: int, taken: Sequence[Step], counts: Counter[str]) -> Exception | None:
    """Live a life to its end; what was found wrong, None: nothing."""
    with ground.life(FLOOR if seed % 3 == 0 else None) as life:
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


def main() -> None:
    """Live lives, and tell what happened in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=100, help="how many lives to live")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--length", type=int, default=30, help="how many steps each has")
    options = parser.parse_args()
    started = time.perf_counter()
    with TemporaryDirectory() as folder, EmbeddedPostgres.start(Path(folder) / "postgres") as server:
        with Database(server.dsn("postgres")).autocommit() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        ground = Ground(server, Path(folder))
        ground.prepare()
        try:
            counts = storm(ground, options.sequences, options.seed, options.length)
        except Disagreement as found:
            sys.exit(str(found))
    took = time.perf_counter() - started
    sys.stdout.write(f"{options.sequences:,} sequences as the model says, in {took:.0f} s\n")
    for kind, count in sorted(counts.items()):
        sys.stdout.write(f"  {kind}: {count:,}\n")


if __name__ == "__main__":
    main()
