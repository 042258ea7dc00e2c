"""What can be shown of a snapshot without showing the rest: salted roots over its inputs and what it was made from.

A lineage is one hash over everybody's terms, and the layers below lines have no salts: of neither can a part be proven
to somebody who must not see, or guess, the rest. Evidence commits to each input and each figure by itself.
docs/bundles.md says how a bundle uses it, proof/signing/evidence.py how it is computed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind, integer
from aurora_pipeline.store.digests import encode_value
from aurora_pipeline.store.tables import SNAPSHOT_ID, written_at

EVIDENCE_TAG: Final = "aurora.evidence.1"

EVIDENCE: Final = Table(
    name="evidence",
    kind=TableKind.LEDGER,
    description="What can be proven of a snapshot that released statements rest on without showing the rest of it.",
    columns=(
        integer("evidence_id", "Its place in the order of all evidence, from 1 without gaps.", minimum=1),
        SNAPSHOT_ID,
        Column("salt", ColumnKind.DIGEST, "From which the salt of each leaf is made. Not for partners."),
        Column("inputs_root", ColumnKind.DIGEST, "Merkle root over its inputs, each salted."),
        Column("cells_root", ColumnKind.DIGEST, "Merkle root over figures that partners may be shown, each salted."),
        Column("entry_hash", ColumnKind.DIGEST, "SHA-256 of its record, which is a leaf of the signed log."),
        written_at(),
    ),
    key=("evidence_id",),
    unique=(("snapshot_id",),),
)

EVIDENCE_TABLES: Final = (EVIDENCE,)

_RECORDED: Final = """
SELECT e.evidence_id, e.snapshot_id, e.salt, e.inputs_root, e.cells_root, e.entry_hash,
       s.asset, s.chain_id, s.period, s.content_digest, s.lineage_digest
FROM evidence e LEFT JOIN snapshots s USING (snapshot_id) WHERE e.evidence_id > %s ORDER BY e.evidence_id
"""
_NAMED: Final = ("asset", "chain_id", "period", "content_digest", "lineage_digest", "inputs_root", "cells_root")


def evidence_record(row: Mapping[str, Any]) -> bytes:
    """The bytes that stand for evidence in the log."""
    return b"".join(encode_value(value) for value in (EVIDENCE_TAG, *(row[name] for name in _NAMED)))


def evidence_hash(row: Mapping[str, Any]) -> str:
    """What stands beside evidence: SHA-256 of its record."""
    return hashlib.sha256(evidence_record(row)).hexdigest()


def evidence_rows(connection: Connection, after: int = 0) -> Iterator[dict[str, Any]]:
    """Evidence behind a number, in order, with what its record says of the snapshot; nulls where that one is gone."""
    yield from connection.execute(_RECORDED.encode(), [after])
