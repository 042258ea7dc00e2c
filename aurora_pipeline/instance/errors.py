"""Errors about an instance's place, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Conflict


class FolderInUse(Conflict):
    """The folder has such files already. Nothing was written."""

    code = "folder-in-use"
    what_to_do = "Give a folder of its own, or a new one."
