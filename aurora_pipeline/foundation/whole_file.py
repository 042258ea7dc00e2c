"""Writing a file whole or not at all: nobody finds half of one, and an old one stays until the new one is there."""

from __future__ import annotations

import os
from pathlib import Path

from aurora_pipeline.foundation.errors import FileUnwritable


def write_whole(path: Path, body: bytes) -> None:
    """Write a file, in place of one of the same name; raises where that cannot be done."""
    beside = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(body)  # a pipe or a terminal is written to, never replaced
            return
        try:
            beside.write_bytes(body)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise FileUnwritable(f"{path} can't be written: {error.strerror}") from None
