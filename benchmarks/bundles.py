"""What a bundle costs: a month of ten thousand lines collected, written and verified.

`python -m benchmarks.bundles [lines]`. Raw beside it: json.dumps of the same documents, and SHA-256 of the same bytes.
Seconds are those of the processor in this process, and those of the clock: a busy machine makes the second longer.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.proof.bundle.collecting import collect
from aurora_pipeline.proof.bundle.container import write_bundle, zip_bytes
from aurora_pipeline.proof.bundle.files import bundle_files
from aurora_pipeline.proof.bundle.log_view import load_log
from aurora_pipeline.proof.bundle.verify import read_files, verify
from aurora_pipeline.statements.documents import PayableStatement
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline_tests.proof.bundle.made import AUGUST, key_file, sign_everything
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks
from benchmarks.run import scratch

_EPOCHS = (850, 851)


def main() -> None:
    """Close a month, export it, verify it, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=10_000)
    count = parser.parse_args().lines // len(_EPOCHS)
    out = Console()
    with scratch() as folder, EmbeddedPostgres.start(folder / "postgres") as server:
        database = Database(server.dsn("postgres"))
        upgrade(database)
        books = ComputedBooks(database)
        books.begin()
        for epoch in _EPOCHS:
            for number in range(count):
                books.set(epoch, "acme", f"a{number:05d}", 1_000_003 * (number + 1))
        books.live(AUGUST)
        books.settle()
        books.freeze("acme", AUGUST)
        key = str(sign_everything(database, key_file(folder)))
        _measure(out, folder, books, books.statement("acme", AUGUST), key)


def _measure(out: Console, folder: Path, books: ComputedBooks, statement: PayableStatement, key: str) -> None:
    chain = books.configuration.chain(CHAIN)

    def files() -> dict[str, bytes]:
        with books.database.connect() as connection:
            log = load_log(connection)
            return bundle_files(collect(connection, chain, statement, log), log, {})

    def written() -> Any:
        return write_bundle(folder / "bundle", found)

    found = _timed(out, "everything read, proven and laid out in files", files)
    archive = _timed(out, "written as a folder and a zip", written)
    _timed(out, "the zip alone", lambda: zip_bytes(found))
    report = _timed(out, "verified by verify.py, from the zip", lambda: verify(read_files(str(archive)), key))
    assert not report.failures, next(iter(report.failures))
    documents = {name: json.loads(data) for name, data in found.items() if name.endswith(".json")}
    _timed(out, "raw: json.dumps of the same documents", lambda: [json.dumps(one) for one in documents.values()])
    _timed(out, "raw: json.loads of them", lambda: [json.loads(found[name]) for name in documents])
    _timed(out, "raw: SHA-256 of the same bytes", lambda: [hashlib.sha256(data) for data in found.values()])
    size = sum(map(len, found.values()))
    lines = len(documents["lines.json"]["lines"])
    out.print(f"{lines} lines: {size / 1e6:.1f} MB in files, {archive.stat().st_size / 1e6:.1f} MB zipped")


def _timed(out: Console, what: str, action: Callable[[], Any]) -> Any:
    started, clock = time.process_time(), time.perf_counter()
    found = action()
    took = time.process_time() - started
    out.print(f"{took:8.2f} s of processor, {time.perf_counter() - clock:8.2f} s by the clock: {what}")
    return found


if __name__ == "__main__":
    main()
