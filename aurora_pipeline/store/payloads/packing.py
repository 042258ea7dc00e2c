"""Long bodies are stored packed: hashed as they came, and unpacked to the same bytes before anybody reads them.

Postgres would pack them itself (pglz), which takes ten times the processor for less: see decisions 076 and 087.
"""

from __future__ import annotations

import sys
import zlib
from typing import Final

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LONG_BYTES: Final = 2**15
"""Shorter ones stand as they came, where SQL can read them."""
_PAYS_FROM: Final = 0.9
_LEVEL: Final = 1
_ZSTD_BEGINS: Final = bytes.fromhex("28b52ffd")
"""Bodies that were stored before are packed by zlib, and never begin like this."""


def packed(body: bytes) -> tuple[bytes, int | None]:
    """A body as it is stored, and how many bytes it has where that is packed."""
    if len(body) < _LONG_BYTES:
        return body, None
    small = zstd.compress(body, _LEVEL)
    return (small, len(body)) if len(small) < len(body) * _PAYS_FROM else (body, None)


def unpacked(stored: bytes, packed_from: int | None) -> bytes:
    """The body as it came. Of stored bytes that were changed nothing is left: no hash fits that, and no reader."""
    if packed_from is None:
        return stored
    unpacking = zstd.ZstdDecompressor() if stored.startswith(_ZSTD_BEGINS) else zlib.decompressobj()
    try:
        body = unpacking.decompress(stored, max(packed_from, 0) + 1)
    except (zlib.error, zstd.ZstdError):
        return b""
    return body if len(body) == packed_from and unpacking.eof and not unpacking.unused_data else b""
