"""The manifest of an archive: which periods it is of, and every file with its rows, size and SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.archives.errors import ArchiveDamaged

FILE: Final = "manifest.json"
FORM: Final = "aurora-archive-1"


@dataclass(frozen=True)
class ArchivedFile:
    """A Parquet file: rows of one table of one epoch."""

    path: str
    table: str
    epoch: EpochNumber
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ArchiveManifest:
    """What an archive is and holds."""

    form: str
    made_at: str
    version: str
    revision: str
    """The schema that the rows had."""
    chain_id: str
    from_epoch: EpochNumber
    to_epoch: EpochNumber
    """The first epoch that is not in it."""
    files: Sequence[ArchivedFile]

    @property
    def size(self) -> int:
        """How many bytes all files have."""
        return sum(one.bytes for one in self.files)

    def rows_of(self, table: str) -> int:
        """How many rows of a table it holds."""
        return sum(one.rows for one in self.files if one.table == table)

    def as_bytes(self) -> bytes:
        """As it is written."""
        return (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode()


def digest_of(content: bytes) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()


def understood(place: str, content: bytes, recorded: str) -> ArchiveManifest:
    """The manifest that a place holds; refused where it is not the one whose digest was recorded."""
    if digest_of(content) != recorded:
        raise ArchiveDamaged(f"{place}/{FILE} is not the manifest that was recorded: its SHA-256 is another one")
    told: dict[str, Any] = json.loads(content)
    if told["form"] != FORM:
        raise ArchiveDamaged(
            f"{place} is an archive of the form {told['form']!r}, this version knows {FORM!r}",
            "use the version of Aurora that wrote it, or a newer one",
        )
    return ArchiveManifest(**{**told, "files": [ArchivedFile(**one) for one in told["files"]]})
