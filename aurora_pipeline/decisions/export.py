"""The audit log outside of the database: as lines of JSON that can be verified alone, and as one root."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from aurora_pipeline.decisions.log import entries
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import instant_text
from aurora_pipeline.store.merkle import leaf_hash, root_above


class LogRoot(NamedTuple):
    """How many entries there are, and the Merkle root over them."""

    entries: int
    root: str


def log_root(connection: Connection) -> LogRoot:
    """The RFC 6962 root over the records of all entries in order."""
    hashes = [leaf_hash(entry.record) for entry in entries(connection)]
    return LogRoot(len(hashes), root_above(hashes))


def exported(connection: Connection, after: int = 0) -> Iterator[str]:
    """Each entry as one line: every column, instants as digests write them, states as the texts that were hashed."""
    for entry in entries(connection, after):
        told = {**vars(entry), "recorded_at": instant_text(entry.recorded_at)}
        yield json.dumps(told, ensure_ascii=False)
