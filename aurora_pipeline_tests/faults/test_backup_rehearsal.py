"""Recovery rehearsed: a living demo is backed up, restored elsewhere, verified whole, and goes on undisturbed."""

from __future__ import annotations

import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from aurora_pipeline.foundation.errors import CHECK_FAILED, TRY_AGAIN
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.work.backups import manifest as manifests
from aurora_pipeline_tests.faults.demo_home import command, digests, ended, goes_on, published, under_way
from aurora_pipeline_tests.faults.small_disk import SmallDisk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLACES = """
SELECT (SELECT count(*) FROM runs) AS runs, (SELECT count(*) FROM event_logs) AS events,
       (SELECT count(*) FROM dynamic_partitions) AS partitions, (SELECT count(*) FROM jobs) AS instigators,
       (SELECT md5(string_agg(j::text, '|' ORDER BY id)) FROM jobs j) AS cursors
"""


def dagsters(home: Path) -> object:
    """Where Dagster stands: its runs, events and partitions, and the cursor of every sensor."""
    with (
        Aurora(Workspace(home, True, {}), reads_only=True) as aurora,
        aurora.dagster_records().connect() as connection,
    ):
        return connection.execute(PLACES).fetchone()


def does(home: Path, *arguments: str) -> str:
    done = ended(command(home, "--demo", *arguments))
    assert done.code == 0, done.told
    return done.told


def test_backup__of_a_demo_that_then_burns__restored_it_verifies_and_goes_on_where_it_stopped(
    home: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    does(home, "backup", str(tmp_path / "b" / "full"))
    assert ended(command(home, "demo", "--epochs", "2")).code == 0
    does(home, "backup", str(tmp_path / "b" / "more"), "--since", str(tmp_path / "b" / "full"))
    before, place = digests(home), dagsters(home)
    new = tmp_path / "new"
    new.mkdir()
    told = does(new, "restore", str(tmp_path / "b" / "more"))
    assert "The heads noted in the backup are in it" in told
    assert digests(new) == before
    assert dagsters(new) == place
    told = does(new, "verify", "--all")
    assert "epoch(s) and" in told
    assert "does not hold" not in told
    goes_on(new, undisturbed)


def test_backup__while_a_run_publishes__whole_publications_only_and_it_goes_on(
    home: Path, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    process, head = under_way(home, 0)
    # What is published was observed before: what the chain did unseen since the backup would be lost to the new home.
    while not published(home, "0000851"):
        assert process.poll() is None, "it was over before the backup"
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)
    does(home, "backup", str(tmp_path / "b"))
    process.send_signal(signal.SIGCONT)
    assert ended(process, head).code == 0
    new = tmp_path / "new"
    new.mkdir()
    does(new, "restore", str(tmp_path / "b"))
    does(new, "verify", "--all")
    goes_on(new, undisturbed)


def test_backup__disk_is_full__says_so_and_leaves_nothing(home: Path, disk: SmallDisk) -> None:
    disk.do(f"head -c 400M /dev/zero > '{disk.where}/filler'")
    done = ended(command(home, "--demo", "backup", str(disk.where / "b"), prefix=disk.entering))
    assert done.code == TRY_AGAIN, done.told
    assert done.is_plain(), done.told
    assert "no room left on the disk" in done.told.replace("\n", " ")
    left = subprocess.run([*disk.entering, "ls", str(disk.where)], capture_output=True, text=True, check=True)
    assert left.stdout.split() == ["filler"]


def test_restore__backup_whose_decisions_were_cut_off__fails_by_its_heads(home: Path, tmp_path: Path) -> None:
    """A database that was put back to before the heads that the backup notes is told from the right one."""
    does(home, "backup", str(tmp_path / "b"))
    folder = tmp_path / "b"
    made = manifests.read(folder)
    log = made.heads["log"]
    assert log is not None
    number, _, digest = log.partition(":")
    manifests.write(replace(made, heads={**made.heads, "log": f"{int(number) + 1}:{digest}"}), folder)
    new = tmp_path / "new"
    new.mkdir()
    done = ended(command(new, "--demo", "restore", str(folder)))
    assert done.code == CHECK_FAILED, done.told
