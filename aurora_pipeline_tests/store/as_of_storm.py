"""Writers against as-of readers: `python -m aurora_pipeline_tests.store.as_of_storm --moments 10000`.

Four writers publish fees and P&L together, with one number in both, while four readers ask what was in force at the
moment that has just passed. An answer must show both figures of one transaction, and be the same when it is asked for
again after everything has ended.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from aurora_pipeline.canonical.tables import FEES, META
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Completeness
from aurora_pipeline.store.drafts import Draft
from aurora_pipeline.store.frames import frame_of
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.gated import write_check_publish

_CHAIN, _EPOCHS, _WRITERS, _READERS = "solana-demo", range(10, 13), 4, 4
Answer = tuple[tuple[int, int], ...]


@dataclass
class Storm:
    """What was asked and answered, and what went wrong."""

    database: Database
    answers: list[tuple[datetime, Answer]] = field(default_factory=list)
    halves: list[tuple[datetime, str]] = field(default_factory=list)
    written: int = 0

    def run(self, moments: int, seed: int = 1) -> list[str]:
        """Let writers and readers loose until so many moments were read; says what changed or showed half."""
        enough = threading.Event()
        writers = [threading.Thread(target=self._write, args=(seed + n, enough)) for n in range(_WRITERS)]
        readers = [threading.Thread(target=self._read, args=(moments // _READERS + 1,)) for _ in range(_READERS)]
        for thread in (*writers, *readers):
            thread.start()
        for reader in readers:
            reader.join()
        enough.set()
        for writer in writers:
            writer.join()
        return self._changed() + [f"{moment}: {text}" for moment, text in self.halves]

    def _write(self, seed: int, enough: threading.Event) -> None:
        chance = random.Random(seed)
        while not enough.is_set():
            write_check_publish(self.database, drafts(chance.choice(_EPOCHS), chance.randrange(1, 10**9)))
            self.written += 1

    def _read(self, count: int) -> None:
        for _ in range(count):
            with self.database.connect() as connection:
                row = connection.execute("SELECT clock_timestamp() AS now").fetchone()
                assert row is not None
                fees, meta = answer(connection, FEES.name, row["now"]), answer(connection, META.name, row["now"])
            self.answers.append((row["now"], fees))
            if fees != meta:
                self.halves.append((row["now"], f"shows half a transaction: fees {fees}, meta {meta}"))

    def _changed(self) -> list[str]:
        found = []
        with self.database.connect() as connection:
            for moment, first in self.answers:
                again = answer(connection, FEES.name, moment)
                if again != first:
                    found.append(f"{moment}: first read {first}, read again {again}")
        return found


def drafts(epoch: int, number: int) -> list[Draft]:
    """The same number as fees and as stake, to be published together."""
    row = {"chain_id": _CHAIN, "epoch": epoch, "validator_key": "V"}
    fees = {"leader_slots": 4, "blocks_produced": 4, "slots_skipped": 0, "fees": number, "state": "final"}
    return [
        Draft(FEES, PeriodKey(_CHAIN, EpochNumber(epoch)), frame_of(FEES, [row | fees]), (), Completeness.FINAL),
        Draft(
            META,
            PeriodKey(_CHAIN, EpochNumber(epoch)),
            frame_of(META, [row | {"active_stake": number, "state": "final"}]),
            (),
            Completeness.FINAL,
        ),
    ]


def answer(connection: Connection, layer: str, moment: datetime) -> Answer:
    """The epochs and numbers a layer showed at a moment."""
    figure = "fees" if layer == FEES.name else "active_stake"
    found = connection.execute(f"SELECT epoch, {figure} AS figure FROM {layer}_as_of(%s) ORDER BY 1".encode(), [moment])
    return tuple((row["epoch"], int(row["figure"])) for row in found)


def main() -> None:
    """Run the storm on a server of its own; exit 1 where an answer changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="aurora-storm-") as folder,
        EmbeddedPostgres.start(Path(folder) / "postgres") as server,
    ):
        server.ensure_database("storm")
        database = Database(server.dsn("storm"))
        upgrade(database)
        storm = Storm(database)
        wrong = storm.run(given.moments, given.seed)
        database.let_go()
    sys.stdout.write(
        f"{len(storm.answers)} moments read, {storm.written} transactions written, {len(wrong)} answers wrong\n"
    )
    if wrong:
        raise SystemExit("\n".join(wrong[:20]))


if __name__ == "__main__":
    main()
