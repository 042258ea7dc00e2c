"""What tests of faults begin with: a demo of one epoch, how it goes on undisturbed, and a small disk."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline_tests.faults.demo_home import BEGIN, GO_ON, command, copied, digests, ended

TMPFS_MB = 420


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of one epoch, to be copied."""
    home = tmp_path_factory.mktemp("begun")
    done = ended(command(home, *BEGIN))
    assert done.code == 0, done.told
    return home


@pytest.fixture(scope="session")
def undisturbed(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the demo as it goes on when nothing happens to it."""
    home = copied(begun, tmp_path_factory.mktemp("undisturbed"))
    assert ended(command(home, *GO_ON)).code == 0
    return digests(home)


@pytest.fixture
def home(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(begun, tmp_path_factory.mktemp("h"))


@pytest.fixture
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """A small disk in a namespace of its own, which is gone with the process that holds it, and how to enter it."""
    where = tmp_path_factory.mktemp("disk")
    options = ["-m"] if os.geteuid() == 0 else ["-Urm"]
    script = f"mount -t tmpfs -o size={TMPFS_MB}m none '{where}' && echo mounted && exec cat"
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("unshare and nsenter are not installed")
    holder = subprocess.Popen(
        ["unshare", *options, "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        if holder.stdout.readline().strip() != "mounted":
            pytest.skip("a disk of one's own may not be mounted here")
        entering = ("-m",) if os.geteuid() == 0 else ("-U", "-m", "--preserve-credentials")
        yield where, ("nsenter", *entering, "-t", str(holder.pid), "--")
    finally:
        holder.kill()
        holder.communicate()
