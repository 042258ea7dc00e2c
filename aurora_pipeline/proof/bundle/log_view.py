"""What a bundle needs of the signed log: its newest checkpoint, its leaves, and where records stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.proof.errors import NotProvable
from aurora_pipeline.signed_log.leaves import EVIDENCE, PUBLICATION
from aurora_pipeline.signed_log.log import checkpoints, known_keys, leaf_hashes, newest_checkpoint
from aurora_pipeline.store.database import Connection

_EARLIER_MOST: Final = 1000
"""Of so many checkpoints a bundle proves that the log grew out of them."""


@dataclass(frozen=True)
class LogView:
    """The log as a checkpoint signs it."""

    checkpoint: str
    """The signed note, as it was given out."""
    vkey: str
    """The key that signed it."""
    hashes: Sequence[bytes]
    """Of the leaves that it covers."""
    publications: Mapping[int, int]
    """The place of each publication, by its number; of those that are covered."""
    evidence: Mapping[int, int]
    """The same of evidence."""
    earlier: Sequence[tuple[int, str]] = ()
    """Size and root (hex) of the checkpoints that were signed before, in order."""


def load_log(connection: Connection) -> LogView:
    """The log as its newest checkpoint signs it; raises before the first."""
    newest = newest_checkpoint(connection)
    if newest is None:
        raise NotProvable(
            "no checkpoint is signed yet", "make a key with `aurora keys new`, and run `aurora checkpoint`"
        )
    (key, *_) = newest.checkpoint.verified_by(one.key for one in known_keys(connection))
    size = newest.size
    places: dict[str, dict[int, int]] = {PUBLICATION: {}, EVIDENCE: {}}
    for row in connection.execute(
        "SELECT kind, number, leaf_index FROM log_leaves WHERE leaf_index < %s AND kind = ANY(%s)", [size, [*places]]
    ):
        places[row["kind"]][row["number"]] = row["leaf_index"]
    earlier = [(one.size, one.checkpoint.head.root.hex()) for one in checkpoints(connection) if one.size < size]
    hashes = leaf_hashes(connection, size)
    note = str(newest.checkpoint)
    return LogView(note, str(key), hashes, places[PUBLICATION], places[EVIDENCE], earlier[-_EARLIER_MOST:])
