"""As-of answers: one epoch of many, beside the plain query over the snapshot that was in force."""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console

from aurora_pipeline.canonical.tables import FEES
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.gate.rule import Gate
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.store.snapshots import write_check_publish

CHAIN = "solana-demo"
_RAW = f"""
SELECT t.* FROM layers.{FEES.name} t WHERE t.snapshot_id = (
    SELECT p.snapshot_id FROM publications p
    WHERE (p.asset, p.chain_id, p.epoch) = ('{FEES.name}', %(chain)s, %(epoch)s) AND p.published_at <= %(moment)s
    ORDER BY p.sequence DESC LIMIT 1)"""
_FORMS = {
    "raw query": _RAW,
    "as_of(moment, chain, epoch, epoch)": (
        f"SELECT * FROM {FEES.name}_as_of(%(moment)s, %(chain)s, %(epoch)s, %(epoch)s)"
    ),
    "as_of(moment), one epoch picked": f"SELECT * FROM {FEES.name}_as_of(%(moment)s) WHERE epoch = %(epoch)s",
}


def write(database: Database, epochs: int, rows: int) -> None:
    """Publish every epoch twice, so that there is something that is not in force any more."""
    for number in range(epochs * 2):
        epoch = number % epochs
        common = {"chain_id": CHAIN, "epoch": epoch, "leader_slots": 4, "blocks_produced": 4, "slots_skipped": 0}
        figures = [{**common, "validator_key": f"V{i:06d}", "fees": i + number, "state": "final"} for i in range(rows)]
        write_check_publish(
            database,
            [Draft(FEES, PeriodKey(CHAIN, EpochNumber(epoch)), frame_of(FEES, figures), (), Completeness.FINAL)],
            Gate({FEES.name: ()}),
        )
    with database.autocommit() as connection:
        connection.execute("ANALYZE")


def best(connection: Connection, query: str, epoch: int, moment: datetime, repeat: int) -> tuple[float, int]:
    """The fastest of some runs in milliseconds, and the number of rows."""
    seconds, count = [], 0
    for _ in range(repeat):
        started = time.perf_counter()
        given = {"chain": CHAIN, "epoch": epoch, "moment": moment}
        count = len(connection.execute(query.encode(), given).fetchall())
        seconds.append(time.perf_counter() - started)
    return min(seconds) * 1000, count


def main() -> None:
    """Measure each form on a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--rows", type=int, default=2_000, help="of each epoch")
    parser.add_argument("--repeat", type=int, default=7)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aurora-bench-") as folder,
        EmbeddedPostgres.start(Path(folder) / "postgres") as server,
    ):
        server.ensure_database("bench")
        database = Database(server.dsn("bench"))
        upgrade(database)
        write(database, options.epochs, options.rows)
        with database.autocommit() as connection:
            row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
            assert row is not None
            for name, query in _FORMS.items():
                took, count = best(connection, query, options.epochs // 2, row["now"], options.repeat)
                Console().print(f"{name:<40} {took:8.1f} ms  {count} rows", highlight=False)
        database.let_go()


if __name__ == "__main__":
    main()
