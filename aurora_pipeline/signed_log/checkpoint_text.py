"""Checkpoints and proofs as texts: c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof.

Pure. A checkpoint is a signed note of three lines: the log's name, its number of leaves, and its root. A proof is the
place of a leaf, the path from there to the root, and the checkpoint that signs the root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.signed_log.errors import NoteNotUnderstood
from aurora_pipeline.signed_log.notes import (
    PublicKey,
    SignedNote,
    SigningKey,
    from_base64,
    parse_note,
    signed_note,
    to_base64,
)
from aurora_pipeline.store.merkle import HASH_SIZE, leaf_hash, verify_consistency, verify_inclusion

PROOF_HEAD: Final = "c2sp.org/tlog-proof@v1"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_LINES: Final = 3
_PATH_MAX: Final = 64


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint signs: a log at a size."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


@dataclass(frozen=True)
class SignedHead:
    """A head and the note that signs it."""

    head: TreeHead
    note: SignedNote

    def __str__(self) -> str:
        return str(self.note)

    def verified_by(self, keys: Iterable[PublicKey]) -> list[PublicKey]:
        """Which of the known keys signed it under the log's name; raises where none did."""
        return self.note.verified_by(key for key in keys if key.name == self.head.origin)


@dataclass(frozen=True)
class LeafProof:
    """That a leaf stands at a place of the log that a checkpoint signs."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: SignedHead

    def __str__(self) -> str:
        hashes = "".join(f"{to_base64(one)}\n" for one in self.path)
        return f"{PROOF_HEAD}\nindex {self.index}\n{hashes}\n{self.checkpoint}"

    def proves(self, leaf: bytes) -> bool:
        """Whether the path leads from this leaf to the root. Who signed the root is for `checkpoint.verified_by`."""
        head = self.checkpoint.head
        return verify_inclusion(leaf_hash(leaf), self.index, head.size, self.path, head.root)


@dataclass(frozen=True)
class Growth:
    """That the log of a checkpoint has the leaves of an older one, in the same order, and only more of them.

    Its text is that by which witnesses are asked (c2sp.org/tlog-witness).
    """

    old_size: int
    path: tuple[bytes, ...]
    checkpoint: SignedHead

    def __str__(self) -> str:
        hashes = "".join(f"{to_base64(one)}\n" for one in self.path)
        return f"old {self.old_size}\n{hashes}\n{self.checkpoint}"

    def proves(self, old: TreeHead) -> bool:
        """Whether it leads from this older head. Who signed the newer one is for `checkpoint.verified_by`."""
        new = self.checkpoint.head
        same_log = old.origin == new.origin and old.size == self.old_size
        return same_log and verify_consistency(old.size, old.root, new.size, new.root, self.path)


def signed_checkpoint(head: TreeHead, keys: Sequence[SigningKey]) -> SignedHead:
    """Sign a head."""
    return SignedHead(head, signed_note(head.text, keys))


def parse_checkpoint(data: bytes) -> SignedHead:
    """A checkpoint from the bytes of a file; raises where they are none. Verify it before anything of it counts."""
    note = parse_note(data)
    lines = note.text[:-1].split("\n")
    if len(lines) != _LINES or not lines[0]:
        raise NoteNotUnderstood(f"it is no checkpoint: it has {len(lines)} lines and not a name, a size and a root")
    origin, size, root = lines
    raw = from_base64(root)
    if _NUMBER.fullmatch(size) is None:
        raise NoteNotUnderstood(f"it is no checkpoint: the second line is no number of leaves: {size[:40]!r}")
    if raw is None or len(raw) != HASH_SIZE:
        raise NoteNotUnderstood(f"it is no checkpoint: the third line is no root of 32 bytes: {root[:80]!r}")
    return SignedHead(TreeHead(origin, int(size), raw), note)


def parse_proof(data: bytes) -> LeafProof:
    """A proof from the bytes of a `.tlog-proof`; raises where they are none."""
    head, *lines = _front(data, "proof of a leaf")
    if head != PROOF_HEAD:
        raise NoteNotUnderstood(f"it is no proof of a leaf: its first line is not {PROOF_HEAD}")
    if lines and lines[0].startswith("extra "):
        lines = lines[1:]  # nothing signs it, so nothing is read from it
    index, path = _numbered(lines, "index", "proof of a leaf")
    return LeafProof(index, path, parse_checkpoint(data.partition(b"\n\n")[2]))


def parse_growth(data: bytes) -> Growth:
    """A proof between two checkpoints from the bytes of a file; raises where they are none."""
    old_size, path = _numbered(_front(data, "proof between checkpoints"), "old", "proof between checkpoints")
    return Growth(old_size, path, parse_checkpoint(data.partition(b"\n\n")[2]))


def _front(data: bytes, what: str) -> list[str]:
    """The lines before the checkpoint."""
    front, blank, _ = data.partition(b"\n\n")
    if not blank:
        raise NoteNotUnderstood(f"it is no {what}: after a blank line there has to be a checkpoint")
    try:
        return front.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise NoteNotUnderstood(f"it is no {what}: before the checkpoint it has other letters") from None


def _numbered(lines: Sequence[str], word: str, what: str) -> tuple[int, tuple[bytes, ...]]:
    """The number of the first line, and the hashes of the others."""
    first, *rest = lines or [""]
    number = first.removeprefix(f"{word} ")
    if number == first or _NUMBER.fullmatch(number) is None:
        raise NoteNotUnderstood(f"it is no {what}: it has no line with {word} and a number where one is due")
    path = [from_base64(line) for line in rest]
    hashes = tuple(one for one in path if one is not None and len(one) == HASH_SIZE)
    if len(hashes) != len(path) or len(path) > _PATH_MAX:
        raise NoteNotUnderstood(f"it is no {what}: a line of its path is no hash of 32 bytes")
    return int(number), hashes
