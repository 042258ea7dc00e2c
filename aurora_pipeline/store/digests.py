"""Digests: the canonical bytes of rows and records, content and lineage digests.

docs/digests.md describes every encoding here with test vectors, so that others can recompute a digest without
this code. Changing an encoding is changing every digest ever published.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import polars as pl

from aurora_pipeline.foundation.period_key import PartitionKey
from aurora_pipeline.store.declaration import Column, ColumnKind, Table
from aurora_pipeline.store.frames import FRAME_TYPES, ints
from aurora_pipeline.store.merkle import root

ROW_TAG: Final = "aurora.row.1"
SALT_TAG: Final = "aurora.salt.1"
LINEAGE_TAG: Final = "aurora.lineage.1"
PUBLICATION_TAG: Final = "aurora.publication.2"
SNAPSHOT_TAG: Final = "aurora.snapshot.1"
_LEAF: Final = "\x00"
"""With what a leaf begins in the RFC 6962 Merkle tree."""
GENESIS_HASH: Final = "0" * 64
"""What stands for the entry before the first one of a chain."""

_FEW: Final = 100
"""Up to so many rows are encoded value by value: to set up the work on whole columns takes longer than that."""

ROWS_AT_ONCE: Final = 2**16
"""Rows that are encoded, hashed and sent together. A power of two: a slice is then a subtree of the Merkle tree."""

SALT: Final = Column("salt", ColumnKind.DIGEST, "Keeps anybody from guessing the row from its leaf's hash.")

Value = str | int | bool | datetime | None
_ENCODED_KINDS: Final = frozenset(ColumnKind) - {ColumnKind.BYTES, ColumnKind.JSON, ColumnKind.INTEGERS}


def encode_value(value: Value) -> bytes:
    """One field: a type letter, the length in bytes, a colon and the text; a null is a single '-'."""
    if value is None:
        return b"-"
    if isinstance(value, bool):
        letter, content = b"b", b"1" if value else b"0"
    elif isinstance(value, int):
        letter, content = b"i", str(value).encode()
    elif isinstance(value, datetime):
        letter, content = b"z", instant_text(value).encode()
    elif isinstance(value, str):
        letter, content = b"t", value.encode()
    else:
        raise TypeError(f"{type(value).__name__} has no canonical encoding")
    return letter + str(len(content)).encode() + b":" + content


def instant_text(instant: datetime) -> str:
    """An instant as digests write it: UTC, microseconds, `2026-09-01T00:00:00.000000Z`."""
    if instant.tzinfo is None:
        raise TypeError("an instant needs a time zone")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def record(tag: str, *values: Value) -> bytes:
    """The bytes of a tagged record."""
    return b"".join(encode_value(value) for value in (tag, *values))


def record_digest(tag: str, *values: Value) -> str:
    """SHA-256 (hex) of a tagged record: a decision row, a period's bounds, a configuration value."""
    return hashlib.sha256(record(tag, *values)).hexdigest()


def record_digests(tag: str, name: str, columns: Sequence[Column], frame: pl.DataFrame) -> list[str]:
    """`record_digest` of a tag, a name and some columns, for all rows of a frame at once."""
    sha256 = hashlib.sha256
    return [sha256(record).hexdigest() for record in _encoded(frame, [*_texts(tag, name), *columns])]


def body_hash(body: bytes) -> str:
    """SHA-256 (hex) of a provider's answer, exactly as it came."""
    return hashlib.sha256(body).hexdigest()


def _field(column: Column) -> pl.Expr:
    """The encoding of a whole column at once, equal to `encode_value` of each of its values."""
    value = pl.col(column.name)
    match column.kind:
        case ColumnKind.AMOUNT | ColumnKind.INTEGER:
            letter, content = "i", value.cast(pl.String)
        case ColumnKind.BOOLEAN:
            letter, content = "b", value.cast(pl.Int8).cast(pl.String)
        case ColumnKind.INSTANT:
            letter, content = "z", value.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
        case ColumnKind.TEXT | ColumnKind.UUID | ColumnKind.DIGEST:
            letter, content = "t", value
        case _:
            raise TypeError(f"column {column.name} of kind {column.kind} cannot be part of a digest")
    field = pl.concat_str(pl.lit(letter), content.str.len_bytes().cast(pl.String), pl.lit(":"), content)
    return pl.when(value.is_null()).then(pl.lit("-")).otherwise(field)


def _encoded(frame: pl.DataFrame, fields: Sequence[str | Column]) -> list[bytes]:
    """The fields of each row, joined; a text among them is encoded already."""
    if len(frame) <= _FEW and _have_their_types(frame, fields):
        return [b"".join(parts) for parts in zip(*(_each(frame, field) for field in fields), strict=True)]
    return _at_once(frame, fields)


def _have_their_types(frame: pl.DataFrame, fields: Sequence[str | Column]) -> bool:
    """Whether columns are encoded value by value as they are at once: a rejected frame may hold anything."""
    types = frame.schema
    columns = [field for field in fields if isinstance(field, Column)]
    return all(one.kind in _ENCODED_KINDS and types.get(one.name) == FRAME_TYPES[one.kind] for one in columns)


def _each(frame: pl.DataFrame, field: str | Column) -> list[bytes]:
    """A field of each row, value by value."""
    if isinstance(field, str):
        return [field.encode()] * len(frame)
    values = frame[field.name]
    return [encode_value(one) for one in (ints(values) if field.kind is ColumnKind.AMOUNT else values.to_list())]


def _at_once(frame: pl.DataFrame, fields: Sequence[str | Column]) -> list[bytes]:
    """As `_encoded`, a column at a time: for many rows."""
    # Text that every row has in common is encoded once: a layer's rows share their period, and often much more.
    pieces: list[str | pl.Expr] = [""]
    for field in fields:
        common = field if isinstance(field, str) else _common(frame, field)
        last = pieces[-1]
        if common is None:
            assert isinstance(field, Column)  # a text is always common
            pieces.append(_field(field))
        elif isinstance(last, str):
            pieces[-1] = last + common
        else:
            pieces.append(common)
    parts = [pl.lit(piece) if isinstance(piece, str) else piece for piece in pieces]
    rows = frame.select(pl.concat_str(parts).cast(pl.Binary)).to_series()
    return rows.to_list() if len(rows) == len(frame) else [rows.item()] * len(frame)


def _common(frame: pl.DataFrame, column: Column) -> str | None:
    """The one encoding of a column whose values are all the same."""
    if frame.is_empty() or not _is_constant(frame[column.name]):
        return None
    common: str = frame.head(1).select(_field(column)).item()
    return common


def _is_constant(values: pl.Series) -> bool:
    """Whether all values are the same, nulls included."""
    nulls = values.null_count()
    if nulls:
        return nulls == len(values)
    return bool(values[0] == values[-1] and (values == values[0]).all())


def sorted_by_key(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame in digest order: by key columns, text compared by its UTF-8 bytes."""
    return frame.sort(list(table.key), nulls_last=True, maintain_order=True)


def slices_by_key(table: Table, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The frame in digest order, ROWS_AT_ONCE rows at a time: all of it, sorted, would be a second copy in memory."""
    if len(frame) <= ROWS_AT_ONCE:
        yield sorted_by_key(table, frame)
        return
    # What all rows share decides no order, and is most of what a sort would carry around.
    deciding = [name for name in table.key if not _is_constant(frame[name])] or list(table.key)
    places = frame.select(pl.arg_sort_by(deciding, nulls_last=True, maintain_order=True)).to_series()
    for start in range(0, len(frame), ROWS_AT_ONCE):
        yield frame[places.slice(start, ROWS_AT_ONCE)]


def salts(table: Table, frame: pl.DataFrame, secret: bytes) -> list[str]:
    """One salt (hex) per row: HMAC-SHA256 of the row's key under the instance secret."""
    keys = _encoded(frame, [*_texts(SALT_TAG, table.name), *(table.column(name) for name in table.key)])
    digest = hmac.digest
    return [digest(secret, key, "sha256").hex() for key in keys]


def leaves(table: Table, frame: pl.DataFrame) -> list[bytes]:
    """The canonical bytes of each row, in the frame's order; salted tables need their `salt` column."""
    return _encoded(frame, _leaf_fields(table))


def _leaf_fields(table: Table) -> list[str | Column]:
    salt = [SALT] if table.salted else []
    return [*salt, *_texts(ROW_TAG, table.name), *table.digested]


def _texts(*texts: str) -> list[str]:
    return [encode_value(text).decode() for text in texts]


def roots_by(table: Table, frame: pl.DataFrame, column: str) -> dict[str, str]:
    """Of each text in a column, the Merkle root over the leaves of the rows that have it, in digest order."""
    ordered = sorted_by_key(table, frame)
    sha256 = hashlib.sha256
    hashes: dict[str, list[bytes]] = {}
    for text, leaf in zip(ordered[column], _encoded(ordered, [_LEAF, *_leaf_fields(table)]), strict=True):
        hashes.setdefault(text, []).append(sha256(leaf).digest())
    return {text: root(own).hex() for text, own in hashes.items()}


class ContentDigest:
    """The Merkle root over rows that come as `slices_by_key` gives them."""

    def __init__(self, table: Table) -> None:
        self._fields = [_LEAF, *_leaf_fields(table)]
        self._subtrees: list[bytes] = []

    def add(self, part: pl.DataFrame) -> None:
        """Take in the next slice. All but the last are full: their number of rows is a power of two."""
        sha256 = hashlib.sha256
        self._subtrees.append(root([sha256(leaf).digest() for leaf in _encoded(part, self._fields)]))

    def hex(self) -> str:
        """The digest of all rows so far."""
        return root(self._subtrees).hex()


def content_digest(table: Table, frame: pl.DataFrame) -> str:
    """The Merkle root over a snapshot's canonical rows; the frame's row order does not matter."""
    digest = ContentDigest(table)
    for part in slices_by_key(table, frame):
        digest.add(part)
    return digest.hex()


class Input(NamedTuple):
    """Something a snapshot was computed from: its kind, its name within the kind, and what commits to it."""

    kind: str
    name: str
    digest: str


def publication_record(
    sequence: int,
    published_at: datetime,
    snapshot_id: int,
    asset: str,
    key: PartitionKey,
    content: str,
    lineage: str,
    completeness: str,
    written: str,
    previous: str,
) -> bytes:
    """What commits to a publication, to the snapshot and its report (`written`), and to every publication before.

    Its SHA-256 is the publication's entry_hash.
    """
    place = (sequence, published_at, snapshot_id, asset, key.chain_id, key.digested)
    return record(PUBLICATION_TAG, *place, content, lineage, str(completeness), written, previous)


SNAPSHOT_RECORD: Final = """s.layer_version, s.row_count, s.written_at, s.dagster_run,
       r.accepted, r.totals, r.violations, r.warnings"""
"""The columns of a snapshot `s` and its report `r` that `snapshot_record` reads."""


def snapshot_record(row: Mapping[str, Any]) -> str:
    """What commits to when and by which run a snapshot was written, and to all that the checks said of it."""
    texts = [None if row[name] is None else compact_json(row[name]) for name in ("totals", "violations", "warnings")]
    numbers = (row["layer_version"], row["row_count"], row["written_at"], row["dagster_run"], row["accepted"])
    return record_digest(SNAPSHOT_TAG, *numbers, *texts)


def compact_json(value: Any) -> str:
    """The one text of a JSON value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def lineage_digest(table: Table, key: PartitionKey, content: str, inputs: Iterable[Input]) -> str:
    """H(content digest, the layer's version, every input): commits to everything below a snapshot."""
    return LineageDigests().of(table, key, content, inputs)


class LineageDigests:
    """Lineage digests of many snapshots that have inputs in common: each input is encoded once."""

    def __init__(self) -> None:
        self._encoded: dict[Input, bytes] = {}

    def of(self, table: Table, key: PartitionKey, content: str, inputs: Iterable[Input]) -> str:
        """As `lineage_digest`."""
        ordered = sorted(set(inputs))
        head: list[Value] = [LINEAGE_TAG, table.name, key.chain_id, key.digested, content, table.version, len(ordered)]
        encoded = self._encoded
        for item in ordered:
            if item not in encoded:
                encoded[item] = b"".join(map(encode_value, item))
        return hashlib.sha256(b"".join([*map(encode_value, head), *(encoded[item] for item in ordered)])).hexdigest()
