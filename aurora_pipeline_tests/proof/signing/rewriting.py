"""History rewritten as a whole: a figure, who decided, and then every digest, chain, leaf and checkpoint above them.

What a superuser can do who knows Aurora's code, and has every secret of the database. Not what is outside of it.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from aurora_pipeline.decisions.log import entries, entry_record
from aurora_pipeline.decisions.rows import LoggedRow, logged_row, rows_root
from aurora_pipeline.proof.snapshot_records import rows_of, snapshots_of_period
from aurora_pipeline.proof.verifying.decisions import DECISIONS
from aurora_pipeline.proof.verifying.row_chains import CHAINED
from aurora_pipeline.signed_log.checkpoint_text import TreeHead, signed_checkpoint
from aurora_pipeline.signed_log.leaves import KINDS
from aurora_pipeline.signed_log.log import known_keys
from aurora_pipeline.signed_log.notes import SigningKey
from aurora_pipeline.store import merkle
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import GENESIS_HASH, Input, compact_json, content_digest, lineage_digest
from aurora_pipeline.store.publication_records import publications, recorded
from aurora_pipeline.store.row_chains import entry_hash
from aurora_pipeline.tables import LAYER_TABLES
from aurora_pipeline_tests.proof.conftest import KEY


def rewrite(connection: Connection) -> None:
    """A fee is one lamport less, and it was always mallory who decided; everything above says so too."""
    connection.execute("SET LOCAL session_replication_role = replica")
    _change(connection)
    _snapshots(connection)
    for table in CHAINED:
        _chain(connection, table)
    last = known_keys(connection)[-1]
    key = SigningKey.new(last.key.name)
    connection.execute("UPDATE log_keys SET public_key = %s WHERE key_number = %s", [str(key.public), last.number])
    _audit_log(connection, last.number, str(key.public))
    _publications(connection)
    _signed_log(connection, key)
    connection.execute("SET LOCAL session_replication_role = origin")


def _change(connection: Connection) -> None:
    changed = connection.execute(
        """UPDATE layers.canonical_validator_fees SET fees = fees - 1
           WHERE ctid = (SELECT ctid FROM layers.canonical_validator_fees WHERE fees > 1 LIMIT 1)
           RETURNING snapshot_id"""
    ).fetchone()
    assert changed is not None
    connection.execute(
        """UPDATE snapshot_reports SET totals = totals || jsonb_build_object(
               'fees', ((totals ->> 'fees')::numeric - 1)::text)
           WHERE snapshot_id = %s""",
        [changed["snapshot_id"]],
    )
    for table in DECISIONS:
        if "recorded_by" in table.names:
            connection.execute(f"UPDATE {table.name} SET recorded_by = 'mallory'".encode())


def _snapshots(connection: Connection) -> None:
    """Content digests of the rows, and lineages that name them, from the lowest layer up."""
    new: dict[str, str] = {}
    for one in sorted(snapshots_of_period(connection, KEY, LAYER_TABLES), key=lambda found: found.snapshot_id):
        content = content_digest(one.table, rows_of(connection, one.table, [one.snapshot_id])[one.snapshot_id])
        for lineage in one.lineages:
            inputs = [Input(item.kind, item.name, new.get(item.digest, item.digest)) for item in lineage.inputs or ()]
            digest = lineage_digest(one.table.at(lineage.layer_version), KEY, content, inputs)
            new[lineage.lineage_digest] = digest
            place = "snapshots" if lineage is one.first else "attestations"
            connection.execute(
                f"UPDATE {place} SET lineage_digest = %s, inputs = %s WHERE lineage_digest = %s".encode(),
                [digest, json.dumps([list(item) for item in inputs]), lineage.lineage_digest],
            )
        connection.execute(
            "UPDATE snapshots SET content_digest = %s WHERE snapshot_id = %s", [content, one.snapshot_id]
        )


def _chain(connection: Connection, table: Any) -> None:
    (number,) = table.key
    before = GENESIS_HASH
    for row in connection.execute(f"SELECT * FROM {table.name} ORDER BY {number}".encode()).fetchall():
        own = entry_hash(table, {**row, "previous_hash": before})
        connection.execute(
            f"UPDATE {table.name} SET previous_hash = %s, entry_hash = %s WHERE {number} = %s".encode(),
            [before, own, row[number]],
        )
        before = own


def _audit_log(connection: Connection, key_number: int, public_key: str) -> None:
    rows: dict[str, LoggedRow] = {}
    for table in DECISIONS:
        for row in connection.execute(f"SELECT * FROM {table.name}".encode()).fetchall():
            found = logged_row(table, row)
            rows[found.row_name] = found
    before = GENESIS_HASH
    for entry in list(entries(connection)):
        told = connection.execute(
            "SELECT row_name FROM audit_rows WHERE sequence = %s ORDER BY place", [entry.sequence]
        ).fetchall()
        written = [rows[row["row_name"]] for row in told]
        for one in written:
            connection.execute(
                "UPDATE audit_rows SET decision_digest = %s, row_digest = %s WHERE row_name = %s",
                [one.decision_digest, one.row_digest, one.row_name],
            )
        after = json.loads(entry.after or "{}")
        if written:
            after["rows"]["root"] = rows_root(written)
        if after.get("key_number") == key_number:
            after["public_key"] = public_key
        text = compact_json(after)
        fields = (entry.sequence, entry.recorded_at, "mallory", entry.action, entry.subject, entry.before, text)
        later = (entry.recorded_through, entry.correlation_id, entry.request, entry.actor_role)
        own = hashlib.sha256(entry_record(*fields, before, *later)).hexdigest()
        connection.execute(
            """UPDATE audit_log SET actor = 'mallory', after = %s, previous_hash = %s, entry_hash = %s
               WHERE sequence = %s""",
            [text, before, own, entry.sequence],
        )
        before = own


def _publications(connection: Connection) -> None:
    before = GENESIS_HASH
    for row in list(publications(connection)):
        record = recorded({**row, "previous_hash": before})
        assert record is not None
        own = hashlib.sha256(record).hexdigest()
        connection.execute(
            "UPDATE publications SET previous_hash = %s, entry_hash = %s WHERE sequence = %s",
            [before, own, row["sequence"]],
        )
        before = own


def _signed_log(connection: Connection, key: SigningKey) -> None:
    """Every leaf anew, and the checkpoint signed by a key that is recorded as if it had always been the log's."""
    for kind in KINDS:
        for record in kind.records(connection, 0):
            assert record.content is not None
            connection.execute(
                "UPDATE log_leaves SET leaf_hash = %s WHERE (kind, number) = (%s, %s)",
                [merkle.leaf_hash(record.content).hex(), kind.name, record.number],
            )
    hashes = connection.execute("SELECT leaf_hash FROM log_leaves ORDER BY leaf_index").fetchall()
    tree = merkle.Tree([bytes.fromhex(row["leaf_hash"]) for row in hashes])
    for row in connection.execute("SELECT size FROM log_checkpoints").fetchall():
        found = signed_checkpoint(TreeHead(key.name, row["size"], tree.root_at(row["size"])), [key])
        connection.execute(
            "UPDATE log_checkpoints SET root = %s, note = %s WHERE size = %s",
            [found.head.root.hex(), str(found), row["size"]],
        )
