"""PostgreSQL's own programs, run to their end: what they said where they failed, as one line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.errors import AuroraError, NoRoomOnDisk
from aurora_pipeline.local_postgres.cluster import find_programs
from aurora_pipeline.local_postgres.errors import CopyFailed
from aurora_pipeline.local_postgres.unprivileged import RunAs

_NO_ROOM: Final = "No space left on device"
_BEGINNING: Final = re.compile(r"\A\w+: (error: |fatal: )?")


def run_program(name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None) -> str | None:
    """Run one of PostgreSQL's programs; what it said where it failed. It ends with whoever waits for it."""
    process = RunAs().popen([find_programs() / name, *arguments], output=subprocess.PIPE, variables=variables)
    try:
        said, _ = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if process.returncode == 0:
        return None
    lines = said.decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if "error: " in line or "fatal: " in line] or lines
    return "; ".join(_BEGINNING.sub("", line) for line in errors) or f"{name} ended with {process.returncode}"


def copying_failed(what: str, said: str, place: Path) -> AuroraError:
    """What is told of a program that failed while it wrote below a folder."""
    if _NO_ROOM in said:
        return NoRoomOnDisk(
            f"{what}: there is no room left on the disk of {place}", "free some space there and repeat the command"
        )
    return CopyFailed(f"{what}: {said}", "remove the cause that is named there and repeat the command")
