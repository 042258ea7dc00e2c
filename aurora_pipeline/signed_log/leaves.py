"""What the leaves of the signed log are: kinds of records, each numbered from 1 without gaps in its own table.

A kind's records are committed in the order of their numbers, since each takes the ledger's clock first. So the log can
take in all behind the last one it has, and misses none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from aurora_pipeline.decisions.log import entries
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.evidence import evidence_record, evidence_rows
from aurora_pipeline.store.publication_records import publications, recorded


class LoggedRecord(NamedTuple):
    """One record: its number, its bytes (null: what it is of is gone), and the hash that stands beside it."""

    number: int
    content: bytes | None
    stored_hash: str


class LeafKind(NamedTuple):
    """A kind of records: how leaves name it, and its records behind a number, in order."""

    name: str
    records: Callable[[Connection, int], Iterator[LoggedRecord]]


AUDIT: Final = "audit"
PUBLICATION: Final = "publication"
EVIDENCE: Final = "evidence"


def _audited(connection: Connection, after: int) -> Iterator[LoggedRecord]:
    for entry in entries(connection, after):
        yield LoggedRecord(entry.sequence, entry.record, entry.entry_hash)


def _published(connection: Connection, after: int) -> Iterator[LoggedRecord]:
    for row in publications(connection, after):
        yield LoggedRecord(row["sequence"], recorded(row), row["entry_hash"])


def _evidenced(connection: Connection, after: int) -> Iterator[LoggedRecord]:
    for row in evidence_rows(connection, after):
        content = None if row["content_digest"] is None else evidence_record(row)
        yield LoggedRecord(row["evidence_id"], content, row["entry_hash"])


KINDS: Final = (LeafKind(AUDIT, _audited), LeafKind(PUBLICATION, _published), LeafKind(EVIDENCE, _evidenced))
"""In the order in which one checkpoint takes them in. A kind is never taken out, and a new one stands last."""
