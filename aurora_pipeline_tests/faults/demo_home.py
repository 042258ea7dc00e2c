"""A demo's home that faults happen to: its commands as processes, its sessions, its server, its digests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import HOME_VARIABLE, Workspace
from aurora_pipeline.local_postgres.cluster import Cluster

BEGIN = ("demo", "--epochs", "1", "--validators", "3", "--stake-accounts", "40")
GO_ON = ("demo", "--epochs", "3")


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
    told, _ = process.communicate(timeout=280)
    return Ended(process.returncode, head + told)


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


def published(home: Path, period: str) -> int:
    """How many layers of a period are published."""
    server = Cluster((home / ".aurora/demo/postgres").resolve()).socket_dir
    told = "SELECT FROM publications WHERE period = %s AND chain_id = 'solana-demo'"
    with psycopg.connect(host=str(server), user="postgres", dbname="aurora") as connection:
        return connection.execute(told, [period]).rowcount


def postmaster(home: Path) -> int:
    return int((home / ".aurora/demo/postgres/cluster/postmaster.pid").read_text().split()[0])


def goes_on(home: Path, undisturbed: dict[str, str]) -> None:
    again = ended(command(home, *GO_ON))
    assert again.code == 0, again.told
    found = digests(home)
    others = {name for name in found.keys() | undisturbed.keys() if found.get(name) != undisturbed.get(name)}
    assert not others, f"other content than undisturbed: {sorted(others)}\n{again.told}"
