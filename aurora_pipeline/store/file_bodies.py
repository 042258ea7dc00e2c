"""The bytes of the operator's own files, stored once whatever periods they tell: one workbook may hold years."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any, Final

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind

READ_VERB: Final = "READ"
"""The verb of a stored request that read a file; its bytes are here and not among the bodies of its period."""

FILE_BODIES = Table(
    name="staging_file_bodies",
    kind=TableKind.LEDGER,
    description="The operator's own files as they were read, byte for byte, once per hash: one tells many periods.",
    columns=(
        Column("response_hash", ColumnKind.DIGEST, "SHA-256 of the body."),
        Column("body", ColumnKind.BYTES, "The exact bytes.", digested=False),
    ),
    key=("response_hash",),
)

_KEPT_BYTES_MAX: Final = 1 << 26
_kept: OrderedDict[str, bytes] = OrderedDict()


def is_file(request: Mapping[str, Any]) -> bool:
    """Whether a stored request read a file."""
    return request.get("verb") == READ_VERB


def store_file_bodies(connection: Connection, bodies: Mapping[str, bytes]) -> None:
    """Store the bodies by hash that are not stored yet; a file of megabytes is sent once, not once per period."""
    for response_hash in bodies.keys() - _sizes(connection, bodies).keys():
        connection.execute(
            "INSERT INTO staging_file_bodies (response_hash, body) VALUES (%s, %b) ON CONFLICT DO NOTHING",
            [response_hash, bodies[response_hash]],
        )
        _keep(response_hash, bodies[response_hash])


def load_file_bodies(connection: Connection, hashes: Collection[str]) -> dict[str, bytes]:
    """Stored bodies by hash; those that were just read are not fetched again. One that is gone is not among them."""
    found: dict[str, bytes] = {}
    for response_hash, size in _sizes(connection, hashes).items():
        body = _kept.get(response_hash)
        if body is None or len(body) != size:
            body = _fetched(connection, response_hash)
            _keep(response_hash, body)
        found[response_hash] = body
    return found


def _sizes(connection: Connection, hashes: Collection[str]) -> dict[str, int]:
    if not hashes:
        return {}
    rows = connection.execute(
        """SELECT response_hash::text, octet_length(body) AS size FROM staging_file_bodies
           WHERE response_hash = ANY(%s)""",
        [list(hashes)],
    ).fetchall()
    return {row["response_hash"]: row["size"] for row in rows}


def _fetched(connection: Connection, response_hash: str) -> bytes:
    with connection.cursor(binary=True) as cursor:
        cursor.execute("SELECT body FROM staging_file_bodies WHERE response_hash = %s", [response_hash])
        row = cursor.fetchone()
    assert row is not None  # its size was read in the same transaction, and nothing is ever deleted
    return bytes(row["body"])


def _keep(response_hash: str, body: bytes) -> None:
    if len(body) > _KEPT_BYTES_MAX:
        return
    _kept[response_hash] = body
    _kept.move_to_end(response_hash)
    while sum(map(len, _kept.values())) > _KEPT_BYTES_MAX:
        _kept.popitem(last=False)
