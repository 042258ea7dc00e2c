"""Reading an archive: its manifest by the recorded digest, and each file only where it is what the manifest says."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.work.archives.errors import ArchiveDamaged, RangeElsewhere
from aurora_pipeline.work.archives.manifest import FILE, ArchivedFile, ArchiveManifest, digest_of, understood
from aurora_pipeline.work.archives.place import ArchivePlace
from aurora_pipeline.work.archives.ranges import PeriodRange


@dataclass(frozen=True)
class Archive:
    """An archive whose manifest is the recorded one."""

    place: ArchivePlace
    manifest: ArchiveManifest

    @classmethod
    def of(cls, found: PeriodRange, place: str | None = None) -> Archive:
        """The archive of a range that was moved out, at the recorded place or where it was copied to since.

        Raises where the range is in the database, and where the manifest is gone or another than the recorded one.
        """
        if found.place is None or found.manifest_hash is None:
            raise RangeElsewhere(
                f"{found.name} is in the database: there is no archive to read", "`aurora archives list` shows it"
            )
        return cls.at(place or found.place, found.manifest_hash)

    @classmethod
    def at(cls, address: str, recorded: str) -> Archive:
        """The archive at a place; raises where its manifest is gone or another one."""
        place = ArchivePlace(address)
        return cls(place, understood(address, place.get(FILE), recorded))

    def files(self, table: str, epoch: EpochNumber | None = None) -> Sequence[ArchivedFile]:
        """The files of a table, or of one epoch of it."""
        return [one for one in self.manifest.files if one.table == table and epoch in (None, one.epoch)]

    def frame(self, file: ArchivedFile) -> pl.DataFrame:
        """The rows of a file; raises where its bytes are not those that were written."""
        content = self.place.get(file.path)
        if digest_of(content) != file.sha256:
            raise ArchiveDamaged(f"{self.place.address}/{file.path} was changed: its SHA-256 is another one")
        return pl.read_parquet(io.BytesIO(content))

    def frames(self, table: str, epoch: EpochNumber | None = None) -> Iterator[pl.DataFrame]:
        """The rows of a table, or of one epoch of it, file by file."""
        return map(self.frame, self.files(table, epoch))
