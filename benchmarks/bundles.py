"""What a bundle costs: a month of ten thousand lines collected, written and verified.

`python -m benchmarks.bundles [--lines 10000]`. Raw beside it: the same documents as JSON, and SHA-256 of their bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.bundle.collecting import collect
from aurora_pipeline.proof.bundle.container import write_bundle
from aurora_pipeline.proof.bundle.files import bundle_files
from aurora_pipeline.proof.bundle.log_view import load_log
from aurora_pipeline.proof.bundle.verify import read_files, verify
from aurora_pipeline.statements.documents import PayableStatement
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.proof.bundle.made import AUGUST, key_file, sign_everything
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks
from benchmarks.measured import NONE, Budget, Measured, program, tell
from benchmarks.taken import fastest, peak_mib, scratch

_EPOCHS = (850, 851)
_TIMES: Final = 3
_BUDGET: Final = {10_000: Budget(at_most=5)}


def rows(folder: Path, lines: int) -> Iterator[Measured]:
    """Close a month, export it, verify it."""
    with EmbeddedPostgres.start(folder / "postgres") as server:
        database = Database(server.dsn("postgres"))
        upgrade(database)
        books = ComputedBooks(database)
        books.begin()
        for epoch in _EPOCHS:
            for number in range(lines // len(_EPOCHS)):
                books.set(epoch, "acme", f"a{number:05d}", 1_000_003 * (number + 1))
        books.live(AUGUST)
        books.settle()
        books.freeze("acme", AUGUST)
        key = str(sign_everything(database, key_file(folder)))
        yield from _bundle(folder, books, books.statement("acme", AUGUST), key, _BUDGET.get(lines, NONE))


def _bundle(
    folder: Path, books: ComputedBooks, statement: PayableStatement, key: str, budget: Budget
) -> Iterator[Measured]:
    chain = books.configuration.chain(CHAIN)

    def files() -> dict[str, bytes]:
        with books.database.connect() as connection:
            log = load_log(connection)
            return bundle_files(collect(connection, chain, statement, log), log, {})

    def written() -> None:
        write_bundle(folder / f"bundle-{next(numbers)}", files())

    def verified() -> None:
        report = verify(read_files(str(archive)), key)
        assert not report.failures, next(iter(report.failures))

    def dumped() -> None:
        for one in documents.values():
            hashlib.sha256(json.dumps(one).encode())

    def loaded() -> None:
        for name in documents:
            hashlib.sha256(found[name])
            json.loads(found[name])

    numbers, found = count(), files()
    archive = write_bundle(folder / "first", found)
    documents = {name: json.loads(data) for name, data in found.items() if name.endswith(".json")}
    what = f"a bundle of {len(documents['lines.json']['lines']):,} lines ({sum(map(len, found.values())) / 1e6:.1f} MB)"
    ours, raw = fastest(_TIMES, [written, dumped], folder)
    yield Measured.of(f"{what} written", ours, raw, "json.dumps and SHA-256 of its documents", budget, peak_mib())
    ours, raw = fastest(_TIMES, [verified, loaded])
    yield Measured.of(f"{what} verified by verify.py", ours, raw, "json.loads and SHA-256 of its documents", budget)


def main() -> None:
    """Measure on a server that is gone afterwards."""
    parser = program(__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    options = parser.parse_args()
    with scratch() as folder:
        tell(rows(folder, options.lines), options)


if __name__ == "__main__":
    main()
