"""Signing the log: new leaves are committed first, then their head is signed, recorded, and only then given out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from aurora_pipeline.signed_log.checkpoint_text import SignedHead, TreeHead, signed_checkpoint
from aurora_pipeline.signed_log.errors import KeyNotAtHand, LogInconsistent
from aurora_pipeline.signed_log.key_file import KeyFile
from aurora_pipeline.signed_log.leaves import KINDS, LeafKind
from aurora_pipeline.signed_log.log import SignedAt, checkpoint_at, known_keys, leaf_hashes, newest_checkpoint
from aurora_pipeline.signed_log.notes import PublicKey, SigningKey
from aurora_pipeline.signed_log.tables import LOG_CHECKPOINTS, LOG_LEAVES
from aurora_pipeline.store.database import Connection, Database, write_rows
from aurora_pipeline.store.digests import body_hash
from aurora_pipeline.store.merkle import Tree, leaf_hash

_COMPARE: Final = "run `aurora audit`, and compare with a backup and with checkpoints that others kept"


class Signed(NamedTuple):
    """The newest checkpoint, and whether it was signed now."""

    at: SignedAt
    is_new: bool


def sign(database: Database, file: KeyFile) -> Signed:
    """Take in everything recorded by now and sign the log's head. Where nothing is new, the last one stands."""
    signers = _signers(database, file)
    with database.connect() as connection:
        append_new(connection)
    # Another transaction reads what is signed: what was not committed is never signed.
    with database.connect() as connection:
        size, is_new = _record_signed(connection, file, signers)
    with database.connect() as connection:
        found = checkpoint_at(connection, size)
    file.remember(found.checkpoint)
    if len(signers) > 1 or signers[0] != file.current():
        file.promote()
    return Signed(found, is_new)


def is_at_hand(newest: PublicKey, file: KeyFile) -> bool:
    """Whether the file holds the key that signs, or one that waits to."""
    return any(key is not None and key.public == newest for key in (file.current(), file.waiting()))


def append_new(connection: Connection) -> int:
    """Number every record that the log has not; returns how many. Whoever does so at once waits for the clock."""
    connection.execute("SELECT record_instant()")
    rows = connection.execute("""SELECT coalesce(max(leaf_index) + 1, 0) AS size FROM log_leaves""").fetchone()
    assert rows is not None  # an aggregate always gives a row
    leaves: list[dict[str, Any]] = []
    for kind in KINDS:
        leaves += _leaves(connection, kind, rows["size"] + len(leaves))
    write_rows(connection, LOG_LEAVES.name, leaves)
    return len(leaves)


def _leaves(connection: Connection, kind: LeafKind, index: int) -> list[dict[str, Any]]:
    last = connection.execute(
        "SELECT coalesce(max(number), 0) AS number FROM log_leaves WHERE kind = %s", [kind.name]
    ).fetchone()
    assert last is not None  # an aggregate always gives a row
    found: list[dict[str, Any]] = []
    for due, record in enumerate(kind.records(connection, last["number"]), start=last["number"] + 1):
        if record.content is None or record.number != due or body_hash(record.content) != record.stored_hash:
            raise LogInconsistent(f"{kind.name} {due} is not what was recorded; nothing was signed", _COMPARE)
        hashed = leaf_hash(record.content).hex()
        found.append(
            {"leaf_index": index + len(found), "kind": kind.name, "number": record.number, "leaf_hash": hashed}
        )
    return found


def _signers(database: Database, file: KeyFile) -> Sequence[SigningKey]:
    """The key in place; and where another one takes its place, that one beside it."""
    with database.connect() as connection:
        known = [one.key for one in known_keys(connection)]
    if not known:
        raise KeyNotAtHand("no key of the log is recorded yet", "make one: `aurora keys new NAME`")
    current, waiting = file.current(), file.waiting()
    if current is not None and current.public == known[-1]:
        return [current]
    if waiting is not None and waiting.public == known[-1]:
        return [current, waiting] if current is not None and current.public in known else [waiting]
    said = "is not there" if current is None else f"holds the key {current.public.key_id.hex()}"
    raise KeyNotAtHand(
        f"the log is signed by the key {known[-1].key_id.hex()}, and {file.path} {said}",
        "sign where that key is kept, or set AURORA_LOG_KEY to its file; one that is lost is replaced by"
        " `aurora keys rotate --lost`",
    )


def _record_signed(connection: Connection, file: KeyFile, signers: Sequence[SigningKey]) -> tuple[int, bool]:
    # The checkpoint first: whoever signs meanwhile adds leaves, and it never covers more than are read after it.
    last = newest_checkpoint(connection)
    tree = Tree(leaf_hashes(connection))
    _require_follows(tree, "the last recorded checkpoint", None if last is None else last.checkpoint)
    _require_follows(tree, f"{file.signed_path}, signed from here,", file.last_signed())
    if tree.size == 0:
        raise LogInconsistent("the log has no leaf, though a key of it is recorded; nothing was signed", _COMPARE)
    if last is not None and last.size == tree.size:
        return tree.size, False
    checkpoint = signed_checkpoint(TreeHead(signers[-1].name, tree.size, tree.root), signers)
    row = {"size": tree.size, "root": tree.root.hex(), "note": str(checkpoint)}
    # Somebody else may have signed this size meanwhile; then theirs is the one that is given out.
    recorded = connection.execute(
        f"INSERT INTO {LOG_CHECKPOINTS.name} (size, root, note) VALUES (%(size)s, %(root)s, %(note)s)"
        " ON CONFLICT (size) DO NOTHING RETURNING size".encode(),
        row,
    ).fetchone()
    return tree.size, recorded is not None


def _require_follows(tree: Tree, what: str, checkpoint: SignedHead | None) -> None:
    """A log never signs what does not follow from what it signed before."""
    if checkpoint is None:
        return
    head = checkpoint.head
    if head.size > tree.size:
        raise LogInconsistent(
            f"{what} covers {head.size} leaves, and the log has {tree.size}: its end was cut off; nothing was signed",
            _COMPARE,
        )
    if tree.root_at(head.size) != head.root:
        raise LogInconsistent(
            f"{what} covers {head.size} leaves with another root: history was rewritten; nothing was signed", _COMPARE
        )
