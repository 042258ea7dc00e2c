"""Bundles for tests: a small chain of hand-made P&L whose months are closed, corrected, signed and exported."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.proof.bundle.collecting import collect
from aurora_pipeline.proof.bundle.files import bundle_files
from aurora_pipeline.proof.bundle.log_view import load_log
from aurora_pipeline.proof.signing.evidence import write_evidence
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.keys import new_key
from aurora_pipeline.signed_log.notes import PublicKey
from aurora_pipeline.signed_log.signing import sign
from aurora_pipeline.statements.documents import payable_statements
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.store.database import Database
from aurora_pipeline_tests.statements.books import CHAIN
from aurora_pipeline_tests.statements.computed_books import ComputedBooks

NAME = "example.com/aurora"
AUGUST, SEPTEMBER = "2026-08", "2026-09"


def close_two_months(database: Database) -> ComputedBooks:
    """Acme's August and September are released, with a top-up of a floor, and an adjustment of August in September."""
    books = ComputedBooks(database, floor=500)
    books.begin()
    for epoch, amount in ((850, 100), (851, 50), (852, 700), (853, 41)):
        books.set(epoch, "acme", "a1", amount)
        books.set(epoch, "acme", "a2", 2 * amount)
        books.set(epoch, "brook", "b1", 9 * amount)
    books.minimum("acme", 1)
    books.live(AUGUST)
    books.settle()
    books.freeze("acme", AUGUST)
    books.set(850, "acme", "a1", 130)
    books.publish(850)
    books.live(AUGUST, SEPTEMBER)
    books.settle()
    books.freeze("acme", SEPTEMBER)
    return books


def sign_everything(database: Database, file: KeyFile) -> PublicKey:
    """Write evidence and sign the log, with a new key where there is none."""
    if file.current() is None and file.waiting() is None:
        new_key(database, file, NAME, "ada", "begin")
    with database.connect() as connection:
        write_evidence(connection)
    sign(database, file)
    key = file.current()
    assert key is not None
    return key.public


def bundles(
    database: Database, configuration: Configuration, chains: Sequence[str] = (CHAIN,)
) -> dict[str, dict[str, bytes]]:
    """The files of the bundle of every released statement, by partner and period."""
    found: dict[str, dict[str, bytes]] = {}
    with database.connect() as connection:
        log = load_log(connection)
        for chain_id in chains:
            chain = configuration.chain(chain_id)
            for one in payable_statements(connection, chain_id):
                if one.stage in {Stage.RELEASED, Stage.PAID}:
                    name = f"{one.row['partner_id']} {one.key.period}"
                    found[name] = bundle_files(collect(connection, chain, one, log), log, {})
    return found


def key_file(folder: Path) -> KeyFile:
    """A key file of a test's own."""
    return KeyFile(folder / "keys" / "log.key")
