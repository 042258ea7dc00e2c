"""Copies of a whole cluster, every database of it as of one instant: taken while it works, put together, put back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aurora_pipeline.local_postgres.cluster import SUPERUSER
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.local_postgres.errors import BackupNotContinued
from aurora_pipeline.local_postgres.postmaster import PORT
from aurora_pipeline.local_postgres.programs import copying_failed, run_program

LISTED: Final = "backup_manifest"
"""Where PostgreSQL lists the files of a copy; the next copy that continues it starts from there."""
_NO_LONGER: Final = ("WAL summar", "manifest system identifier", "manifest requires WAL", "timeline")
_NEW_TIMELINE: Final = """
# The log of the copy is read to its end before anybody is let in; what follows gets a timeline of its own.
restore_command = 'false'
hot_standby = off
"""
FOR_THE_START: Final = ("restore_command", "hot_standby")
"""Settings that a copy has only until it was started once."""


def copy_cluster(server: EmbeddedPostgres, target: Path, since: Path | None = None) -> None:
    """Copy the server's cluster into a new folder, with the log that makes it whole; or only what changed since."""
    continuing = [] if since is None else [f"--incremental={since / LISTED}"]
    said = run_program(
        "pg_basebackup",
        *(f"--pgdata={target}", f"--host={server.socket_dir}", f"--port={PORT}", f"--username={SUPERUSER}"),
        *("--checkpoint=fast", "--wal-method=stream", "--manifest-checksums=SHA256", "--no-password", *continuing),
    )
    if said is None:
        return
    if since is not None and any(words in said for words in _NO_LONGER):
        raise BackupNotContinued(
            f"PostgreSQL can't tell what changed since {since.parent}: {said}", "make a full backup: without --since"
        )
    raise copying_failed("the database can't be copied", said, target.parent)


def put_together(copies: Sequence[Path], target: Path) -> None:
    """Make one cluster of a full copy and those that continue it, the oldest first."""
    said = run_program("pg_combinebackup", *copies, f"--output={target}", "--manifest-checksums=SHA256")
    if said is not None:
        raise copying_failed("the copies can't be put together", said, target.parent)


def begin_timeline(cluster: Path) -> None:
    """Have a copy count its log anew when it is started, so that no later copy continues one of another history."""
    (cluster / "recovery.signal").touch()
    with (cluster / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(_NEW_TIMELINE)
