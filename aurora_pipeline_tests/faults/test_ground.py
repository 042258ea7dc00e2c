"""The ground gives way under a command: one sentence, the right exit code, nothing half written, and it goes on."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import HOME_VARIABLE, Workspace
from aurora_pipeline.local_postgres.cluster import Cluster
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
BEGIN = ("demo", "--epochs", "1", "--validators", "3", "--stake-accounts", "40")
GO_ON = ("demo", "--epochs", "3")
TMPFS_MB = 420


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    told: str

    def is_plain(self) -> bool:
        """Whether it says what happened in a sentence, and blames neither itself nor shows its inside."""
        return not any(word in self.told for word in ("Traceback", "defect", "Exception", "error ignored"))


def command(home: Path, *arguments: str, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-m", "aurora_pipeline", *arguments],
        env={**os.environ, HOME_VARIABLE: str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0,
    )


def ended(process: subprocess.Popen[str], head: str = "") -> Ended:
    told, _ = process.communicate(timeout=200)
    return Ended(process.returncode, head + told)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of one epoch, to be copied."""
    home = tmp_path_factory.mktemp("begun")
    done = ended(command(home, *BEGIN))
    assert done.code == 0, done.told
    return home


@pytest.fixture(scope="module")
def undisturbed(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The digests of the demo as it goes on when nothing happens to it."""
    home = copied(begun, tmp_path_factory.mktemp("undisturbed"))
    assert ended(command(home, *GO_ON)).code == 0
    return digests(home)


@pytest.fixture
def home(begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(begun, tmp_path_factory.mktemp("h"))


def copied(begun: Path, home: Path) -> Path:
    shutil.copytree(begun / ".aurora", home / ".aurora")
    return home


def digests(home: Path) -> dict[str, str]:
    """The content of every layer in force."""
    with Aurora(Workspace(home, True, os.environ), reads_only=True) as aurora, aurora.database.connect() as connection:
        rows = connection.execute("SELECT asset, epoch, content_digest FROM in_force").fetchall()
    return {f"{row['asset']} {row['epoch']}": row["content_digest"] for row in rows}


def under_way(home: Path, pause: float) -> tuple[subprocess.Popen[str], str]:
    """The demo going on, some moments after it began to write, and what it said so far."""
    process = command(home, *GO_ON)
    assert process.stdout is not None
    head = ""
    while "imported costs.csv" not in head:
        line = process.stdout.readline()
        assert line, f"it ended early: {head}"
        head += line
    time.sleep(pause)
    return process, head


def sessions(home: Path, query: str) -> int:
    """Do something with the sessions of the demo's two databases; says how many there were, none once it stops."""
    where = home / ".aurora/demo/postgres"
    server = Cluster(where.resolve()).socket_dir
    told = f"SELECT {query} FROM pg_stat_activity WHERE datname IN ('aurora', 'dagster')"
    try:
        with psycopg.connect(host=str(server), user="postgres", dbname="postgres", autocommit=True) as connection:
            return connection.execute(told.encode()).rowcount
    except psycopg.OperationalError:
        return 0


def postmaster(home: Path) -> int:
    return int((home / ".aurora/demo/postgres/cluster/postmaster.pid").read_text().split()[0])


def goes_on(home: Path, undisturbed: dict[str, str]) -> None:
    again = ended(command(home, *GO_ON))
    assert again.code == 0, again.told
    assert digests(home) == undisturbed


def test_data__whatever_the_umask__is_its_owners_alone(begun: Path) -> None:
    own = begun / ".aurora"
    assert [path for path in (own, *own.rglob("*")) if stat.S_IMODE(path.lstat().st_mode) & 0o077] == []


@pytest.mark.parametrize("pause", [0.0, 0.9])
def test_server__killed__one_sentence_and_the_next_command_goes_on(
    home: Path, undisturbed: dict[str, str], pause: float
) -> None:
    process, head = under_way(home, pause)
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


def test_server_that_refuses_everybody__stopped_at_once(tmp_path: Path) -> None:
    server = EmbeddedPostgres.start(tmp_path / "postgres")
    cluster = Cluster((tmp_path / "postgres").resolve())
    pid = int((cluster.directory / "postmaster.pid").read_text().split()[0])
    # The server ends its other processes and recovers, which its file does not say.
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=True)
    first, *_ = (int(child) for child in children.stdout.split())
    os.kill(first, signal.SIGKILL)
    server.release()
    assert not cluster.is_running()


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


@pytest.mark.parametrize("left_kb", [0, 1_500])
def test_disk__full__one_sentence_and_once_there_is_room_it_goes_on(
    begun: Path,
    undisturbed: dict[str, str],
    disk: tuple[Path, tuple[str, ...]],
    tmp_path_factory: pytest.TempPathFactory,
    left_kb: int,
) -> None:
    where, inside = disk

    def do(script: str) -> None:
        subprocess.run([*inside, "sh", "-c", script], check=True, capture_output=True)

    do(f"cp -r '{begun}/.aurora' '{where}/'")
    do(f"dd if=/dev/zero of='{where}/filler' bs=64k 2>/dev/null || true; truncate -s -{left_kb}K '{where}/filler'")
    done = ended(command(where, *GO_ON, prefix=inside))
    assert done.code == 75, done.told
    assert done.is_plain(), done.told
    assert done.told.count("Error:") == 1
    do(f"rm '{where}/filler'")
    again = ended(command(where, *GO_ON, prefix=inside))
    assert again.code == 0, again.told
    back = tmp_path_factory.mktemp("b")
    subprocess.run(f"{' '.join(inside)} tar -C '{where}' -c .aurora | tar -C '{back}' -x", shell=True, check=True)
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
