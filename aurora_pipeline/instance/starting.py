"""A new workspace: the files an operator begins with, written into an empty folder."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from aurora_pipeline.foundation.errors import FolderUnusable
from aurora_pipeline.instance.errors import FolderInUse

_NAMES = {"env.example": ".env"}


def write_workspace(folder: Path) -> list[Path]:
    """Write every file of a new workspace; refuses, and writes nothing, where one of them is there."""
    starter = files("aurora_pipeline.instance") / "starter"
    wanted = {folder / _NAMES.get(one.name, one.name): one for one in starter.iterdir() if one.is_file()}
    present = sorted(path.name for path in wanted if path.exists())
    if present:
        raise FolderInUse(
            f"{folder} has {', '.join(present)} already; nothing was written", "give a folder of its own, or a new one"
        )
    if folder.exists() and not folder.is_dir():
        raise FolderUnusable(f"{folder} is no folder", "give a new folder")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, source in wanted.items():
            path.write_bytes(source.read_bytes())
            path.chmod(0o600)
    except OSError as error:
        raise FolderUnusable(
            f"{folder} can't be written: {error.strerror}", "give a folder that you may write"
        ) from None
    return sorted(wanted)
