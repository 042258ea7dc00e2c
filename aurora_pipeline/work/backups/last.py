"""When the last backup of an instance was made: noted beside its data once the backup is whole."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.foundation.whole_file import write_whole
from aurora_pipeline.instance.workspace import Workspace

_FILE: Final = "last_backup.json"


def note_backup(place: Workspace, made_at: str, folder: Path, digest: str) -> None:
    """Note that a backup was made, when, where, and what its digest is."""
    told = {"made_at": made_at, "folder": str(folder), "digest": digest}
    write_whole(private_folder(place.data_dir) / _FILE, json.dumps(told).encode())


def last_backup(place: Workspace) -> datetime | None:
    """When the last backup was made; None where none was noted, or the note cannot be read."""
    try:
        told = json.loads((place.data_dir / _FILE).read_text(encoding="utf-8"))
        return datetime.fromisoformat(told["made_at"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
