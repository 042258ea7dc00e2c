"""Where tests keep what they write: in memory where there is room, for databases are made several times as fast there.

`python -m aurora_pipeline_tests.scratch_folder` says which folder it is; the Makefile hands it to pytest as TMPDIR.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

IN_MEMORY = Path("/dev/shm")
_BYTES = 8 * 2**30
"""Some times what a run needs at most."""


def scratch_folder(chosen: str | None, memory: Path = IN_MEMORY, needed: int = _BYTES) -> str:
    """The folder somebody chose, else memory if all of it fits and programs may run there, else the usual one."""
    if chosen or not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return chosen or tempfile.gettempdir()
    runs_programs = not os.statvfs(memory).f_flag & os.ST_NOEXEC if hasattr(os, "ST_NOEXEC") else True
    has_room = shutil.disk_usage(memory).free >= needed
    return str(memory) if runs_programs and has_room else tempfile.gettempdir()


if __name__ == "__main__":
    sys.stdout.write(scratch_folder(os.environ.get("TMPDIR")) + "\n")
