"""Views of what is in force, and of any past moment, over many epochs, beside plain queries of the same snapshots.

`python -m benchmarks.as_of [--epochs 1000] [--validators 50] [--stakes 5000]`. Every epoch is published twice, so that
there is something that is not in force any more.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from aurora_pipeline.canonical.tables import POSITIONS
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.ranges import PERIODS_PER_RANGE, room_for
from benchmarks.filled import fill, publish
from benchmarks.measured import Budget, Measured, program, tell
from benchmarks.taken import scratch

CHAIN: Final = "solana-demo"
_YEAR: Final = 182
"""So many epochs of two days."""
_MOMENT: Final = "now() - interval '1 microsecond'"
_ONE: Final = Budget(at_most=50)
_LONG: Final = Budget(at_most=2_000)


@dataclass(frozen=True)
class Asked:
    """A question as somebody asks it, and the plain query that answers it to who knows the snapshots' numbers."""

    what: str
    query: str
    plain: str
    budget: Budget


def make(database: Database, epochs: int, validators: int, stakes: int) -> None:
    """Snapshots 1 to `epochs`, then the same epochs again in those after them, which are in force."""
    both = f"generate_series(0, {2 * epochs - 1}) n"
    with database.connect() as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        for epoch in range(0, epochs, PERIODS_PER_RANGE):
            room_for(connection, CHAIN, EpochNumber(epoch))
        publish(connection, POSITIONS.name, "n + 1", f"lpad((n % {epochs})::text, 7, '0')", both, CHAIN)
        rows = {
            "chain_id": f"'{CHAIN}'",
            "epoch": f"n % {epochs}",
            "snapshot_id": "n + 1",
            "validator_key": f"'validator-' || lpad((s % {validators})::text, 33, '0')",
            "row_kind": "'ACCOUNT'",
            "account_key": "'account-' || lpad(s::text, 35, '0')",
            "active_stake": "1000003::numeric * s + n",
        }
        fill(connection, POSITIONS, f"{both}, generate_series(1, {stakes}) s", rows)
    with database.autocommit() as connection:
        connection.execute("VACUUM ANALYZE")


def questions(epochs: int) -> Iterator[Asked]:
    """One period, and a year of one validator: in force, and as of a moment."""
    name, epoch, first = POSITIONS.name, epochs // 2, max(0, epochs - _YEAR)
    of_validator = f"validator_key = 'validator-{'7'.zfill(33)}'"
    snapshot = f"SELECT * FROM layers.{name} WHERE snapshot_id"
    one = f"{snapshot} = {epochs + epoch + 1}"
    year = f"{snapshot} BETWEEN {epochs + first + 1} AND {2 * epochs} AND {of_validator}"
    where = f"chain_id = '{CHAIN}' AND epoch"
    as_of = f"SELECT * FROM {name}_as_of({_MOMENT}, '{CHAIN}', "
    yield Asked("one period in force", f"SELECT * FROM {name} WHERE {where} = {epoch}", one, _ONE)
    yield Asked("one period as of a moment", f"{as_of}{epoch}, {epoch})", one, _ONE)
    in_force = f"SELECT * FROM {name} WHERE {where} >= {first} AND {of_validator}"
    yield Asked("a year of one validator in force", in_force, year, _LONG)
    asked = f"{as_of}{first}, {epochs - 1}) WHERE {of_validator}"
    yield Asked("a year of one validator as of a moment", asked, year, _LONG)


def rows(folder: Path, epochs: int, validators: int, stakes: int, repeat: int) -> Iterator[Measured]:
    """Each question and its plain query by turns, medians in milliseconds."""
    with EmbeddedPostgres.start(folder / "postgres") as server:
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        make(database, epochs, validators, stakes)
        size = f"{epochs:,} epochs x {validators} validators x {stakes:,} stakes"
        with database.autocommit() as connection:
            for asked in questions(epochs):
                both = [asked.query, asked.plain]
                runs = [[_milliseconds(connection, query) for query in both] for _ in range(repeat)]
                (ours, count), (plain, as_many) = ((median(took), rows[0]) for took, rows in _apart(runs))
                assert count == as_many > 0, (asked, count, as_many)
                what = f"{size}: {asked.what}, {count:,} rows"
                yield Measured(what, ours, "ms", plain, "a plain query of its snapshots", asked.budget)
        database.let_go()


def _apart(runs: list[list[tuple[float, int]]]) -> Iterator[tuple[tuple[float, ...], tuple[int, ...]]]:
    for of_one in zip(*runs, strict=True):
        took, counts = zip(*of_one, strict=True)
        yield took, counts


def _milliseconds(connection: Connection, query: str) -> tuple[float, int]:
    started = time.perf_counter()
    count = len(connection.execute(query.encode()).fetchall())
    return (time.perf_counter() - started) * 1000, count


def main() -> None:
    """Measure on a database that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--epochs", type=int, default=1_000)
    parser.add_argument("--validators", type=int, default=50)
    parser.add_argument("--stakes", type=int, default=5_000, help="of each epoch")
    parser.add_argument("--repeat", type=int, default=9)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.epochs, options.validators, options.stakes, options.repeat), options)


if __name__ == "__main__":
    main()
