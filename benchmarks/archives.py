"""A range of periods moved into an archive, verified there and brought back, beside COPY of the same rows.

`python -m benchmarks.archives [--epochs 8] [--validators 50]`. The archive is a folder on the same disk. COPY writes
the same rows into files, neither packed nor hashed, and from files into new tables with the same indexes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from aurora_pipeline.decisions.person import deciding
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import TableKind
from aurora_pipeline.work.archives.attaching import attach
from aurora_pipeline.work.archives.checking import check
from aurora_pipeline.work.archives.detaching import detach
from aurora_pipeline.work.archives.place import address_of
from aurora_pipeline.work.archives.ranges import RANGED, PeriodRange, ranges
from aurora_pipeline.work.archives.reading import Archive
from aurora_pipeline.work.reads.archives import archived_ranges
from benchmarks.measured import Measured, program, tell
from benchmarks.raw import copied
from benchmarks.staged_chain import living, run, served
from benchmarks.taken import Took, peak_mib, scratch, took

_NAMES: Final = [f"layers.{one.name}" if one.kind is TableKind.LAYER else one.name for one in RANGED]
_MEGA: Final = 1_000_000


def rows(folder: Path, epochs: int, validators: int) -> Iterator[Measured]:
    """One range, out and back."""
    parameters = Parameters(validators=validators, stake_accounts=100 * validators)
    span = range(parameters.first_epoch, parameters.first_epoch + epochs)
    home = folder / "home"
    with living(home, parameters, span) as chain:
        for epoch in span:
            chain.let_pass(epoch)
            chain.stage(epoch)
    with served(home) as aurora:
        run(home, "recompute", CHAIN_ID, f"{span[0]}..{span[-1]}")
        _live_on(aurora, span[-1])
        database, what = aurora.database, f"{epochs} epochs of {validators} validators"
        with database.connect() as connection:
            size = sum(one.database_bytes or 0 for one in archived_ranges(connection))
        out, into = _copied_out(database, folder), copied(database, {name: f"SELECT * FROM {name}" for name in _NAMES})
        chain_of, address = aurora.configuration.chain(CHAIN_ID), address_of(str(folder / "archive"))
        move = partial(detach, database, chain_of, _range(database), address, deciding(database), "bench")
        yield Measured.of(f"{what}: detach", took(move, folder), out, "COPY of the same rows out", peak_mib=peak_mib())
        packed = sum(file.stat().st_size for file in (folder / "archive").rglob("*") if file.is_file())
        yield Measured(f"{what}: the archive", packed / _MEGA, "MB", size / _MEGA, "the same in the database")
        yield Measured.of(f"{what}: verify", took(partial(_check, database), folder), out, "COPY of the same rows out")
        back = took(partial(attach, database, _range(database), deciding(database), "bench"), folder)
        yield Measured.of(f"{what}: attach", back, into, "COPY of the same rows into indexed tables")


def _live_on(aurora: Aurora, last: int) -> None:
    """A period so much later that the range is old."""
    with aurora.database.connect() as connection:
        connection.execute(
            """INSERT INTO canonical_periods
               SELECT (jsonb_populate_record(p, jsonb_build_object('epoch', %s::bigint, 'period_key', %s::text))).*
               FROM canonical_periods p WHERE epoch = %s""",
            [last + 200, f"{CHAIN_ID}:{last + 200:07}", last],
        )


def _range(database: Database) -> PeriodRange:
    with database.connect() as connection:
        (found,) = ranges(connection)
    return found


def _check(database: Database) -> None:
    found = _range(database)
    with database.connect() as connection:
        assert check(connection, found, Archive.of(found)).holds


def _copied_out(database: Database, folder: Path) -> Took:
    def copy() -> None:
        with database.connect() as connection, tempfile.TemporaryFile(dir=folder) as kept:
            for name in _NAMES:
                query = f"COPY (SELECT * FROM {name}) TO STDOUT (FORMAT binary)".encode()
                with connection.cursor() as cursor, cursor.copy(query) as out:
                    for block in out:
                        kept.write(block)

    return took(copy, folder)


def main() -> None:
    """Measure on a chain that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--validators", type=int, default=50)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.epochs, options.validators), options)


if __name__ == "__main__":
    main()
