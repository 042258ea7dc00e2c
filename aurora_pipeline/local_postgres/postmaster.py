"""What a data directory says about its PostgreSQL server: its `postmaster.pid`, read with distrust, and its sockets."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from aurora_pipeline.local_postgres.errors import ServerSocketUnusable
from aurora_pipeline.local_postgres.unprivileged import RunAs

PORT = 5432
"""Only part of the socket's name here: the server listens on no network."""

_SOCKET_NAME = f".s.PGSQL.{PORT}"
_SOCKET_PATH_BYTES_MAX = 103 if sys.platform == "darwin" else 107
_STATUS_LINE, _SOCKET_DIR_LINE = 7, 4


@dataclass(frozen=True)
class Postmaster:
    """The server that `postmaster.pid` names: a process that was seen to be PostgreSQL on that very directory."""

    pid: int
    socket_dir: Path
    is_ready: bool


def running_postmaster(cluster: Path) -> Postmaster | None:
    """The live server of a data directory, or None where there is none, or only the traces of one."""
    lines = _pid_file_lines(cluster)
    pid = recorded_pid(cluster)
    if pid is None or not _is_postmaster_of(pid, cluster):
        return None
    if len(lines) <= _STATUS_LINE:
        return Postmaster(pid, cluster, is_ready=False)  # the file grows while the server starts
    return Postmaster(pid, Path(lines[_SOCKET_DIR_LINE]), is_ready=lines[_STATUS_LINE].strip() == "ready")


def recorded_pid(cluster: Path) -> int | None:
    """The process id in `postmaster.pid`, whoever has it by now; None for no file or one cut short."""
    lines = _pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def answers(socket_dir: Path) -> bool:
    """Whether a server accepts connections in that directory."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(socket_dir / _SOCKET_NAME))
        except OSError:
            return False
        return True


def choose_socket_dir(data_dir: Path) -> Path:
    """Where the server's socket goes: beside the data, or a private temporary directory where that path is unfit.

    Unfit is what exceeds the bytes a socket's path may have, or holds a comma, which separates hosts for libpq.
    """
    beside = data_dir / "socket"
    name = f"aurora-{hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]}"
    for candidate in (beside, Path(tempfile.gettempdir()) / name, Path("/tmp") / name):
        if len(os.fsencode(candidate / _SOCKET_NAME)) <= _SOCKET_PATH_BYTES_MAX and "," not in str(candidate):
            return candidate
    raise ServerSocketUnusable(
        f"No place for PostgreSQL's socket: {beside} is too long a path for one and so is {tempfile.gettempdir()}.",
        "Set TMPDIR to a short path, or move the checkout to one.",
    )


def make_private(directory: Path, account: RunAs) -> None:
    """Create a directory for one account alone; refuse one that somebody else may have put there."""
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid} or found.st_mode & 0o077:
        raise ServerSocketUnusable(
            f"{directory} exists but is not a private directory of this account: PostgreSQL's socket is not put there.",
            f"See whose it is (ls -ld {directory}) and remove it.",
        )
    account.own(directory)


def clear_socket_dir(socket_dir: Path) -> None:
    """Remove what a dead server left: its lock file would make PostgreSQL wait for a process id long reused."""
    for leftover in (_SOCKET_NAME, f"{_SOCKET_NAME}.lock"):
        (socket_dir / leftover).unlink(missing_ok=True)


def _pid_file_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_postmaster_of(pid: int, cluster: Path) -> bool:
    """Process ids are reused, after a reboot or in a container at once: only the command line tells whose it is."""
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        if not arguments[0].endswith(b"postgres") or b"-D" not in arguments[:-1]:
            return False
        directory = arguments[arguments.index(b"-D") + 1]
        try:
            return Path(os.fsdecode(directory)).samefile(cluster)
        except OSError:
            return False
    listed = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False)
    return b"postgres" in listed.stdout and b"-D " + os.fsencode(cluster) in listed.stdout
