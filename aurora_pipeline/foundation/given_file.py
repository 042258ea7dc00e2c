"""Files that people give: read whole within one bound, whatever kind they are, and not waited for without end."""

from __future__ import annotations

import os
import select
from pathlib import Path
from typing import Final

BYTES_MAX: Final = 64 * 1024 * 1024
"""No file that a person writes is longer; /dev/zero and a wrong path to a database dump are."""
_WAIT_SECONDS_MAX: Final = 5
_AT_ONCE: Final = 1024 * 1024


class TooMuch(ValueError):
    """A file that goes on beyond what is read, or that nobody writes to."""


def read_given(path: Path, bytes_max: int = BYTES_MAX) -> bytes:
    """A file's bytes. Raises OSError where it cannot be read, TooMuch with words for people where it should not be."""
    # Without O_NONBLOCK a pipe that nobody writes to would be waited for in the opening of it already.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        return b"".join(_pieces(descriptor, bytes_max))
    finally:
        os.close(descriptor)


def _pieces(descriptor: int, bytes_max: int) -> list[bytes]:
    pieces: list[bytes] = []
    size = 0
    while piece := _piece(descriptor):
        size += len(piece)
        if size > bytes_max:
            raise TooMuch(f"is larger than {bytes_max} bytes")
        pieces.append(piece)
    return pieces


def _piece(descriptor: int) -> bytes:
    arrived = select.poll()
    arrived.register(descriptor, select.POLLIN)
    if not arrived.poll(_WAIT_SECONDS_MAX * 1000):
        raise TooMuch(f"is a pipe to which nobody wrote for {_WAIT_SECONDS_MAX} seconds")
    return os.read(descriptor, _AT_ONCE)
