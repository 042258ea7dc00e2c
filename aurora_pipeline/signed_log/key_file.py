"""The file of the key that signs the log, and beside it what was signed last: both outside the database.

While a key is put in place of another, the new one waits in `<file>.new` until a checkpoint that the old one signs
covers the record of it. `<file>.checkpoint` is the newest checkpoint that was signed from here: a database whose
history was rewritten as a whole, log and checkpoints included, is not signed again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.errors import FileUnreadable
from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.signed_log.checkpoint_text import SignedHead, parse_checkpoint
from aurora_pipeline.signed_log.errors import KeyFileUnsafe, KeyThere
from aurora_pipeline.signed_log.notes import SigningKey, parse_signing_key

_OTHERS: Final = 0o077
_BYTES_MAX: Final = 100_000


@dataclass(frozen=True)
class KeyFile:
    """Where the signing key is kept."""

    path: Path

    @property
    def waiting_path(self) -> Path:
        """Where a key waits that is not in place yet."""
        return self.path.with_name(f"{self.path.name}.new")

    @property
    def signed_path(self) -> Path:
        """Where the newest checkpoint stands that was signed from here."""
        return self.path.with_name(f"{self.path.name}.checkpoint")

    def current(self) -> SigningKey | None:
        """The key in place; None where there is none. Raises where others could read or change it."""
        return _key(self.path)

    def waiting(self) -> SigningKey | None:
        """The key that waits to be put in place."""
        return _key(self.waiting_path)

    def prepare(self, name: str) -> SigningKey:
        """Make a new key and keep it waiting; one that waits already, and was never recorded, is taken."""
        found = self.waiting()
        if found is not None and found.name == name:
            return found
        key = SigningKey.new(name)
        if not self.path.parent.exists():
            private_folder(self.path.parent)
        try:
            _write_new(self.waiting_path, key.secret_text() + "\n")
        except FileExistsError:
            raise KeyThere(
                f"{self.waiting_path} holds a key of another log; nothing was written", "move that file away first"
            ) from None
        return key

    def discard(self) -> None:
        """Throw the waiting key away, which was never recorded."""
        self.waiting_path.unlink(missing_ok=True)

    def promote(self) -> None:
        """Put the waiting key in place; the one before is gone."""
        self.waiting_path.replace(self.path)
        _to_disk(self.path.parent)

    def last_signed(self) -> SignedHead | None:
        """The newest checkpoint that was signed from here; None before the first."""
        content = _read(self.signed_path)
        return None if content is None else parse_checkpoint(content)

    def remember(self, checkpoint: SignedHead) -> None:
        """Keep a checkpoint as the newest one that was signed from here."""
        draft = self.signed_path.with_name(f"{self.signed_path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        _write_new(draft, str(checkpoint))
        draft.replace(self.signed_path)
        _to_disk(self.path.parent)


def _key(path: Path) -> SigningKey | None:
    content = _read(path)
    if content is None:
        return None
    mode = path.stat().st_mode
    if mode & _OTHERS:
        raise KeyFileUnsafe(
            f"{path} is open to others (mode {mode & 0o777:o}), and whoever reads it signs in Aurora's name",
            f"run `chmod 600 {path}`; if others may have read it, `aurora keys rotate` too",
        )
    return parse_signing_key(content.decode("ascii", errors="replace"))


def _read(path: Path) -> bytes | None:
    try:
        return read_given(path, _BYTES_MAX)
    except FileNotFoundError:
        return None
    except TooMuch as problem:
        raise FileUnreadable(f"{path} {problem}", "put the file back as Aurora wrote it") from None
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}", "run as the user who owns it") from None


def _write_new(path: Path, text: str) -> None:
    """Write a file that was not there, for its owner alone, down to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _to_disk(path.parent)


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
