"""The ground gives way under a command: one sentence, the right exit code, nothing half written, and it goes on."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.instance.workspace import HOME_VARIABLE
from aurora_pipeline.local_postgres.cluster import Cluster
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline_tests.faults.demo_home import (
    GO_ON,
    command,
    digests,
    ended,
    goes_on,
    postmaster,
    sessions,
    under_way,
)
from aurora_pipeline_tests.faults.small_disk import SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_data__whatever_the_umask__is_its_owners_alone(begun: Path) -> None:
    own = begun / ".aurora"
    assert [path for path in (own, *own.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []


def test_server__killed__one_sentence_and_the_next_command_goes_on(home: Path, undisturbed: dict[str, str]) -> None:
    process, head = under_way(home, 0.9)
    os.kill(postmaster(home), signal.SIGKILL)
    done = ended(process, head)
    assert done.code == 75, done.told
    assert done.is_plain(), done.told
    assert done.told.count("Error:") == 1
    assert "nothing is half written" in done.told.replace("\n", " ") or "does not answer" in done.told
    goes_on(home, undisturbed)


@pytest.mark.parametrize("how", ["pg_terminate_backend(pid)", "pg_cancel_backend(pid)"])
def test_sessions__ended_or_cancelled_again_and_again__it_goes_on_or_says_so(
    home: Path, undisturbed: dict[str, str], how: str
) -> None:
    process, head = under_way(home, 0.2)
    struck = 0
    for _ in range(40):
        if process.poll() is not None:
            break
        struck += sessions(home, how)
        time.sleep(0.15)
    done = ended(process, head)
    assert struck
    assert done.code in (0, 75), done.told
    assert done.is_plain(), done.told
    goes_on(home, undisturbed)


def test_one_process_of_the_server__killed__it_recovers_and_the_command_goes_on_or_says_so(
    home: Path, undisturbed: dict[str, str]
) -> None:
    process, head = under_way(home, 0.5)
    where = Cluster((home / ".aurora/demo/postgres").resolve()).socket_dir
    with psycopg.connect(host=str(where), user="postgres", dbname="postgres", autocommit=True) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
    done = ended(process, head)
    assert done.code in (0, 75), done.told
    assert done.is_plain(), done.told
    goes_on(home, undisturbed)


def child_of(server: int, name: str) -> int:
    """One of a server's own processes: it takes connections before the last of them has begun."""
    deadline = time.monotonic() + 30
    while True:
        children = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(server)], capture_output=True, text=True, check=True
        )
        found = [int(line.split()[0]) for line in children.stdout.splitlines() if name in line]
        if found:
            return found[0]
        assert time.monotonic() < deadline, children.stdout


@pytest.mark.parametrize("name", ["io worker", "checkpointer", "walwriter"])
def test_server_that_refuses_everybody__stopped_at_once(tmp_path: Path, name: str) -> None:
    server = EmbeddedPostgres.start(tmp_path / "postgres")
    cluster = Cluster((tmp_path / "postgres").resolve())
    pid = int((cluster.directory / "postmaster.pid").read_text().split()[0])
    # The server ends its other processes and recovers, which its file does not say.
    os.kill(child_of(pid, name), signal.SIGKILL)
    server.release()
    assert not cluster.is_running()
    # A polite signal that comes in the midst of a recovery is heard, and forgotten: a second one had to follow.
    told = cluster.log_file.read_text()
    assert not ("received fast shutdown request" in told and "received immediate shutdown request" in told), told


@pytest.mark.parametrize("left_kb", [0, 1_500])
def test_disk__full__one_sentence_and_once_there_is_room_it_goes_on(
    begun: Path,
    undisturbed: dict[str, str],
    disk: SmallDisk,
    tmp_path_factory: pytest.TempPathFactory,
    left_kb: int,
) -> None:
    disk.take_in(begun)
    disk.fill(left_kb)
    done = ended(command(disk.where, *GO_ON, prefix=disk.entering))
    assert done.code == 75, done.told
    assert done.is_plain(), done.told
    assert done.told.count("Error:") == 1
    disk.clear()
    again = ended(command(disk.where, *GO_ON, prefix=disk.entering))
    assert again.code == 0, again.told
    back = tmp_path_factory.mktemp("b")
    disk.give_back(back)
    assert digests(back) == undisturbed


def test_output__to_a_full_disk__says_so(begun: Path) -> None:
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "aurora_pipeline", "--demo", "config", "check"],
            env={**os.environ, HOME_VARIABLE: str(begun)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 75, process.stderr
    assert "no room left" in process.stderr
    assert "Traceback" not in process.stderr
