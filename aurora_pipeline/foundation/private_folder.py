"""Folders that only their owner may read: what stands in them tells who is paid what."""

from __future__ import annotations

import os
from pathlib import Path

_OTHERS_READ_OR_WRITE = 0o066


def private_folder(path: Path) -> Path:
    """Make a folder and those above it, if they are not there; one that others could read is closed to them."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    found = path.stat()
    # One that others may only walk through was opened for the account that PostgreSQL runs under.
    if found.st_uid == os.geteuid() and found.st_mode & _OTHERS_READ_OR_WRITE:
        path.chmod(0o700)
    return path
