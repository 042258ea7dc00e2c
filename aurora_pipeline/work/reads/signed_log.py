"""Checkpoints of the signed log, and the keys that sign it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.signed_log.log import KnownKey, SignedAt


@dataclass(frozen=True)
class Checkpoint:
    """A signed head of the log; `note` is the file that others keep."""

    origin: str
    size: int
    root: str
    signed_at: datetime
    key_ids: Sequence[str]
    note: str


@dataclass(frozen=True)
class LogKey:
    """A key that signs the log, or did until the next one was recorded; `public_key` is what others verify by."""

    number: int
    public_key: str
    key_id: str
    recorded_by: str
    recorded_at: datetime
    is_newest: bool


def checkpoint(found: SignedAt) -> Checkpoint:
    """A checkpoint as it is told."""
    head, note = found.checkpoint.head, found.checkpoint.note
    keys = [one.key_id.hex() for one in note.signatures]
    return Checkpoint(head.origin, head.size, head.root.hex(), found.signed_at, keys, str(note))


def log_keys(known: Sequence[KnownKey]) -> list[LogKey]:
    """Every key, in order."""
    return [
        LogKey(one.number, str(one.key), one.key.key_id.hex(), one.recorded_by, one.recorded_at, one == known[-1])
        for one in known
    ]
