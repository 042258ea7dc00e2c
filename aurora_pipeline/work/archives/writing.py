"""Writing an archive: the rows of a range as Parquet files, one or more for each table and epoch, then the manifest."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import polars as pl
from psycopg import sql

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection, read_frame, table_kinds
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import ColumnKind, Table, TableKind
from aurora_pipeline.store.revision import wanted_revision
from aurora_pipeline.work.archives.manifest import FILE, FORM, ArchivedFile, ArchiveManifest, digest_of
from aurora_pipeline.work.archives.place import ArchivePlace
from aurora_pipeline.work.archives.ranges import RANGED, PeriodRange

BODY_COLUMNS: Final = {
    "chain_id": pl.String,
    "epoch": pl.Int64,
    "response_hash": pl.String,
    "body": pl.Binary,
    "packed_from": pl.Int64,
}
_BODY_BYTES_PER_FILE: Final = 1 << 26


@dataclass(frozen=True)
class Written:
    """An archive that was written."""

    place: ArchivePlace
    manifest: ArchiveManifest
    digest: str
    """Of the manifest, and by it of every file."""

    def discard(self) -> None:
        """Take it away again."""
        self.place.discard([FILE, *(one.path for one in self.manifest.files)])


def write(connection: Connection, found: PeriodRange, address: str) -> Written:
    """Write the rows of a range into a folder of their own below a place; what is broken off is taken away again."""
    now = datetime.now(UTC)
    last = found.to_epoch - 1
    place = ArchivePlace(f"{address}/{found.chain_id}/{found.from_epoch:07}-{last:07}-{now:%Y%m%dT%H%M%S.%fZ}")
    files: list[ArchivedFile] = []
    try:
        for table in RANGED:
            for epoch in _epochs(connection, table, found):
                for part, frame in enumerate(_frames(connection, table, found.chain_id, epoch)):
                    content = as_parquet(frame)
                    path = f"{table.name}/{epoch:07}-{part}.parquet"
                    place.put(path, content)
                    files.append(ArchivedFile(path, table.name, epoch, len(frame), len(content), digest_of(content)))
        manifest = ArchiveManifest(
            form=FORM,
            made_at=now.isoformat(timespec="seconds"),
            version=version("aurora-pipeline"),
            revision=wanted_revision(),
            chain_id=found.chain_id,
            from_epoch=found.from_epoch,
            to_epoch=found.to_epoch,
            files=files,
        )
        content = manifest.as_bytes()
        place.put(FILE, content)
        return Written(place, manifest, digest_of(content))
    except BaseException:
        place.discard([one.path for one in files])
        raise


def as_parquet(frame: pl.DataFrame) -> bytes:
    """A frame as a Parquet file, packed by Zstandard."""
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd")
    return file.getvalue()


def _epochs(connection: Connection, table: Table, found: PeriodRange) -> list[EpochNumber]:
    query = sql.SQL(
        "SELECT DISTINCT epoch FROM {} WHERE chain_id = %s AND epoch >= %s AND epoch < %s ORDER BY epoch"
    ).format(_place(table))
    rows = connection.execute(query, [found.chain_id, found.from_epoch, found.to_epoch]).fetchall()
    return [row["epoch"] for row in rows]


def _frames(connection: Connection, table: Table, chain_id: str, epoch: EpochNumber) -> Iterator[pl.DataFrame]:
    if table.kind is not TableKind.LAYER:
        yield from _bodies(connection, chain_id, epoch)
        return
    kinds = {"snapshot_id": ColumnKind.INTEGER, **table_kinds(table)}
    query = sql.SQL("SELECT {} FROM {} WHERE chain_id = %s AND epoch = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, kinds)), _place(table)
    )
    yield read_frame(connection, query, kinds, [chain_id, epoch]).sort("snapshot_id", *table.key)


def _bodies(connection: Connection, chain_id: str, epoch: EpochNumber) -> Iterator[pl.DataFrame]:
    """Bodies as they are stored, streamed: together they can be larger than memory."""
    rows: list[dict[str, object]] = []
    size = 0
    query = b"SELECT * FROM staging_bodies WHERE chain_id = %s AND epoch = %s ORDER BY response_hash"
    with connection.cursor() as cursor:
        for row in cursor.stream(query, [chain_id, epoch], binary=True):
            if rows and size + len(row["body"]) > _BODY_BYTES_PER_FILE:
                yield pl.DataFrame(rows, schema=BODY_COLUMNS)
                rows, size = [], 0
            rows.append(row)
            size += len(row["body"])
    if rows:
        yield pl.DataFrame(rows, schema=BODY_COLUMNS)


def _place(table: Table) -> sql.Identifier:
    return sql.Identifier(LAYER_SCHEMA, table.name) if table.kind is TableKind.LAYER else sql.Identifier(table.name)
