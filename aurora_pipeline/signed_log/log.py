"""The signed log as it is recorded: its leaves, its checkpoints, its keys, and what can be proven of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from aurora_pipeline.signed_log.checkpoint_text import Growth, LeafProof, SignedHead, parse_checkpoint
from aurora_pipeline.signed_log.errors import CheckpointUnknown, LeafNotCovered
from aurora_pipeline.signed_log.notes import PublicKey, parse_public_key
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.merkle import Tree


class KnownKey(NamedTuple):
    """A key that signs or signed, and when it was recorded."""

    number: int
    key: PublicKey
    recorded_by: str
    recorded_at: datetime


class SignedAt(NamedTuple):
    """A checkpoint and when it was signed."""

    checkpoint: SignedHead
    signed_at: datetime

    @property
    def size(self) -> int:
        """How many leaves it covers."""
        return self.checkpoint.head.size


def known_keys(connection: Connection) -> list[KnownKey]:
    """Every key there was, in order; the last one signs."""
    rows = connection.execute(
        "SELECT key_number, public_key, recorded_by, recorded_at FROM log_keys ORDER BY key_number"
    ).fetchall()
    return [
        KnownKey(row["key_number"], parse_public_key(row["public_key"]), row["recorded_by"], row["recorded_at"])
        for row in rows
    ]


def checkpoints(connection: Connection) -> list[SignedAt]:
    """Every checkpoint that was signed, in order of size."""
    return _read(connection, "ORDER BY size", {})


def newest_checkpoint(connection: Connection) -> SignedAt | None:
    """The checkpoint that covers most; None before the first."""
    return next(iter(_read(connection, "ORDER BY size DESC LIMIT 1", {})), None)


def checkpoint_at(connection: Connection, size: int) -> SignedAt:
    """The checkpoint of a size; raises where none was signed at it."""
    found = _read(connection, "WHERE size = %(size)s", {"size": size})
    if not found:
        raise CheckpointUnknown(
            f"no checkpoint was signed at {size} leaves", "`aurora checkpoint list` shows those there are"
        )
    return found[0]


def checkpoint_of(connection: Connection, kind: str, number: int) -> SignedAt | None:
    """The first checkpoint that covers a record; None as long as there is none."""
    covering = """
        WHERE size > (SELECT leaf_index FROM log_leaves WHERE (kind, number) = (%(kind)s, %(number)s))
        ORDER BY size LIMIT 1"""
    return next(iter(_read(connection, covering, {"kind": kind, "number": number})), None)


def _read(connection: Connection, rest: str, parameters: dict[str, object]) -> list[SignedAt]:
    rows = connection.execute(f"SELECT note, written_at FROM log_checkpoints {rest}".encode(), parameters).fetchall()
    return [SignedAt(parse_checkpoint(row["note"].encode()), row["written_at"]) for row in rows]


def leaf_hashes(connection: Connection, size: int | None = None) -> list[bytes]:
    """The hashes of the log's leaves in order, all or the first so many."""
    rows = connection.execute("SELECT leaf_hash FROM log_leaves ORDER BY leaf_index LIMIT %s", [size]).fetchall()
    return [bytes.fromhex(row["leaf_hash"]) for row in rows]


def leaf_proofs(
    connection: Connection, records: Iterable[tuple[str, int]], checkpoint: SignedHead
) -> dict[tuple[str, int], LeafProof]:
    """That records (kind and number) are under a checkpoint; raises where one is not."""
    size = checkpoint.head.size
    tree = Tree(leaf_hashes(connection, size))
    found: dict[tuple[str, int], LeafProof] = {}
    for kind, number in records:
        row = connection.execute(
            "SELECT leaf_index FROM log_leaves WHERE (kind, number) = (%s, %s)", [kind, number]
        ).fetchone()
        if row is None or row["leaf_index"] >= size:
            raise LeafNotCovered(
                f"{kind} {number} is not under the checkpoint of {size} leaves", "sign one now: `aurora checkpoint`"
            )
        path = tuple(tree.inclusion_path(row["leaf_index"]))
        found[kind, number] = LeafProof(row["leaf_index"], path, checkpoint)
    return found


def leaf_proof(connection: Connection, kind: str, number: int, checkpoint: SignedHead) -> LeafProof:
    """As `leaf_proofs`, of one."""
    return leaf_proofs(connection, [(kind, number)], checkpoint)[kind, number]


def growth(connection: Connection, old_size: int, checkpoint: SignedHead) -> Growth:
    """The proof that the log of a checkpoint grew out of its first leaves; raises where it was never so large."""
    size = checkpoint.head.size
    if not 0 <= old_size <= size:
        raise CheckpointUnknown(f"the checkpoint has {size} leaves, so it never had {old_size}", "give the older first")
    path: Sequence[bytes] = Tree(leaf_hashes(connection, size)).consistency_path(old_size)
    return Growth(old_size, tuple(path), checkpoint)
