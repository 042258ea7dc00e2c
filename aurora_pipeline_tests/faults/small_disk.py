"""A small disk in a namespace of its own, which is gone with the process that holds it."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DISK_MB: Final = 420
_NAMESPACES: Final = ("user", "mnt")


class NoDisk(Exception):
    """A disk of one's own may not be mounted here; says why."""


@dataclass(frozen=True)
class SmallDisk:
    """Where the disk is, for those who enter its namespace, and the process that holds it."""

    where: Path
    holder: int

    @property
    def entering(self) -> tuple[str, ...]:
        """What a command begins with that is to see the disk."""
        namespaces = ("-m",) if os.geteuid() == 0 else ("-U", "-m", "--preserve-credentials")
        return ("nsenter", *namespaces, "-t", str(self.holder), "--")

    def enter(self) -> None:
        """Have this process see the disk; it must have one thread, and stays inside."""
        library = ctypes.CDLL(None, use_errno=True)
        for name in _NAMESPACES[os.geteuid() == 0 :]:
            descriptor = os.open(f"/proc/{self.holder}/ns/{name}", os.O_RDONLY)
            failed = library.setns(descriptor, 0)
            os.close(descriptor)
            if failed:
                raise OSError(ctypes.get_errno(), f"namespace {name} of {self.holder}")

    def do(self, script: str) -> None:
        """Run a script that sees the disk; it must not fail."""
        subprocess.run([*self.entering, "sh", "-c", script], check=True, capture_output=True)

    def fill(self, left_kb: int) -> None:
        """Use up all but so much of it."""
        filler = self.where / "filler"
        self.do(f"dd if=/dev/zero of='{filler}' bs=64k 2>/dev/null || true; truncate -s -{left_kb}K '{filler}'")

    def clear(self) -> None:
        """Give the room back."""
        self.do(f"rm '{self.where}/filler'")

    def take_in(self, home: Path) -> None:
        """Copy the data of a home onto the disk."""
        self.do(f"cp -r '{home}/.aurora' '{self.where}/'")

    def give_back(self, home: Path) -> None:
        """Copy the data of the disk into a home, which has none."""
        packing = [*self.entering, "tar", "-C", str(self.where), "--exclude", "socket", "-c", ".aurora"]
        with subprocess.Popen(packing, stdout=subprocess.PIPE) as packed:
            subprocess.run(["tar", "-C", str(home), "-x"], stdin=packed.stdout, check=True)
        assert packed.returncode == 0


@contextmanager
def small_disk(where: Path) -> Iterator[SmallDisk]:
    """Mount it on a folder. Raises NoDisk where nobody may."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        raise NoDisk("unshare and nsenter are not installed")
    options = ["-m"] if os.geteuid() == 0 else ["-Urm"]
    script = f"mount -t tmpfs -o size={DISK_MB}m none '{where}' && echo mounted && exec cat"
    with subprocess.Popen(
        ["unshare", *options, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        try:
            assert holder.stdout is not None
            if holder.stdout.readline().strip() != "mounted":
                raise NoDisk("a disk of one's own may not be mounted here")
            yield SmallDisk(where, holder.pid)
        finally:
            holder.kill()
