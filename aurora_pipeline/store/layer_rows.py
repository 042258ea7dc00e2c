"""A snapshot's rows on their way into the layer's table: in digest order, salted, hashed, slice by slice."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
from psycopg import sql

from aurora_pipeline.store.database import Connection, copy_frames
from aurora_pipeline.store.ddl import LAYER_SCHEMA
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import ROWS_AT_ONCE, ContentDigest, salts, slices_by_key
from aurora_pipeline.store.errors import SecretMissing


class LayerRows:
    """The rows of one snapshot, never sorted, salted or encoded as a whole: there may be a million of them."""

    def __init__(self, table: Table, frame: pl.DataFrame, secret: bytes | None) -> None:
        self._table, self._frame, self._secret = table, frame, secret
        self._only_slice: pl.DataFrame | None = None

    @property
    def are_few(self) -> bool:
        """Whether they are one slice."""
        return len(self._frame) <= ROWS_AT_ONCE

    def content_digest(self) -> str:
        """The Merkle root over the rows."""
        digest = ContentDigest(self._table)
        for part in self._slices():
            digest.add(part)
        return digest.hex()

    def load(self, connection: Connection, snapshot_id: int) -> None:
        """COPY the rows straight into the layer's table."""
        self._copy(connection, snapshot_id, self._slices())

    def load_and_digest(self, connection: Connection, snapshot_id: int) -> str:
        """COPY the rows and hash them on the way: the database works on one slice while the next is hashed."""
        digest = ContentDigest(self._table)

        def hashed() -> Iterator[pl.DataFrame]:
            for part in self._slices():
                digest.add(part)
                yield part

        self._copy(connection, snapshot_id, hashed())
        return digest.hex()

    def _slices(self) -> Iterator[pl.DataFrame]:
        """In digest order, with salts where the table has them."""
        if self._only_slice is not None:
            yield self._only_slice
            return
        for part in slices_by_key(self._table, self._frame):
            salted = part if self._secret is None else _salted(self._table, part, self._secret)
            if self.are_few:
                self._only_slice = salted
            yield salted

    def _copy(self, connection: Connection, snapshot_id: int, parts: Iterator[pl.DataFrame]) -> None:
        if self._frame.is_empty():
            return
        number = pl.lit(snapshot_id, pl.Int64).alias("snapshot_id")
        if self._table.row_id is not None:
            # Ids are in no order of the key; entered at random they cost the indexes twice as much.
            parts = (part.sort(self._table.row_id) for part in parts)
        salt = [] if self._secret is None else ["salt"]
        columns = ["snapshot_id", *self._frame.columns, *salt]
        target = sql.Identifier(LAYER_SCHEMA, self._table.name)
        numbered = (part.with_columns(number) for part in parts)
        copy_frames(connection, target, columns, numbered, is_long=not self.are_few)


def _salted(table: Table, part: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    return part.with_columns(pl.Series("salt", salts(table, part, secret), pl.String))


def instance_secret(connection: Connection) -> bytes:
    """The secret that salts the leaves of what is shown row by row. Never log it."""
    row = connection.execute("SELECT secret FROM instance_secret").fetchone()
    if row is None:
        raise SecretMissing("the instance secret is missing", "restore the table instance_secret from a backup")
    return bytes(row["secret"])
