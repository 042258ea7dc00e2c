"""Making a backup: the heads first, then both databases as of one instant, then what is outside them."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.errors import AuroraError, FolderUnusable
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.local_postgres.base_backup import copy_cluster
from aurora_pipeline.local_postgres.dumps import dump
from aurora_pipeline.proof.verifying.verify import heads
from aurora_pipeline.store.one_instant import one_instant
from aurora_pipeline.store.revision import revision
from aurora_pipeline.work.backups import manifest as manifests
from aurora_pipeline.work.backups.errors import BackupFolderInUse, BackupNotFitting
from aurora_pipeline.work.backups.manifest import FORM, Manifest, Previous
from aurora_pipeline.work.backups.outside import copied, outside

CLUSTER: Final = "cluster"
DUMPS: Final = ("dagster.dump", "aurora.dump")
"""The dumps in the order in which they are put back: the ledger's last, so that a half-restored one is an empty one."""
_UNFINISHED: Final = ".unfinished-"


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    folder: Path
    manifest: Manifest
    digest: str
    """Of the manifest, and with it of every file: to be noted elsewhere."""


def back_up(aurora: Aurora, target: Path, *, since: Path | None = None, with_keys: bool = False) -> Made:
    """Write a backup into a new folder. One that fails leaves nothing, and never looks like a whole one."""
    target = target.resolve()
    _require_free(aurora, target)
    aurora.administered()
    previous = None if since is None else _previous(aurora, since.resolve(), target)
    with _folder_beside(target) as fresh:
        told = _kept_heads(aurora)
        _keep_databases(aurora, fresh, since)
        left_out = _keep_outside(aurora, fresh, with_keys=with_keys)
        made = _manifest(aurora, fresh, told, previous, left_out)
        digest = manifests.write(made, fresh)
        _settle(fresh)
    return Made(target, made, digest)


def _require_free(aurora: Aurora, target: Path) -> None:
    if target.is_relative_to(aurora.workspace.data_dir):
        raise BackupFolderInUse(f"{target} lies in the data that are to be backed up", "choose a place on another disk")
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise BackupFolderInUse(f"{target} is there already; nothing was written", "give a folder that is not there")


def _previous(aurora: Aurora, since: Path, target: Path) -> Previous:
    """The backup that the new one continues. It stands beside it, so that both are moved together."""
    found = manifests.read(since)
    if aurora.workspace.database_url is not None or found.database != CLUSTER:
        raise BackupNotFitting(
            "only backups of Aurora's own server can be continued; dumps are always whole", "leave --since away"
        )
    if since.parent != target.parent:
        raise BackupNotFitting(
            f"{since} and {target} are not in one folder: one needs the other", f"write it to {since.parent}"
        )
    return Previous(since.name, manifests.digest_of(since / manifests.FILE))


@contextlib.contextmanager
def _folder_beside(target: Path) -> Iterator[Path]:
    """A folder that takes its name once the block is done."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{target.name}{_UNFINISHED}", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from error
    try:
        yield fresh
        fresh.rename(target)
    except OSError as error:
        raise _unwritable(target, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _unwritable(target: Path, error: OSError) -> AuroraError:
    return explained(error) or FolderUnusable(
        f"the backup {target} can't be written: {error.strerror} ({error.filename})", "choose another place"
    )


def _kept_heads(aurora: Aurora) -> dict[str, str | None]:
    """The newest entry of every chain, as the restored database has to hold it; of an older schema nobody knows it."""
    if not revision(aurora.located()).is_current:
        return {}
    with aurora.located().connect() as connection:
        newest = heads(connection)
    told = {part.name: getattr(newest, part.name) for part in fields(newest)}
    return {name: None if one is None else f"{one.sequence}:{one.entry_hash}" for name, one in told.items()}


def _keep_databases(aurora: Aurora, target: Path, since: Path | None) -> None:
    server = aurora.own_server()
    if server is not None:
        copy_cluster(server, target / CLUSTER, None if since is None else since / CLUSTER)
        return
    aurora.dagster_url()  # makes Dagster's database where nothing ever ran
    dagster, ledger = aurora.dagster_records(), aurora.located()
    # The ledger is locked first: a run writes to Dagster's database while its transaction in the ledger is open.
    with one_instant([ledger, dagster]) as snapshots:
        for database, name, snapshot in zip((dagster, ledger), DUMPS, reversed(snapshots), strict=True):
            dump(database.conninfo, target / name, snapshot)


def _keep_outside(aurora: Aurora, target: Path, *, with_keys: bool) -> list[str]:
    """Copy what is outside the databases; returns the files with keys that were left where they are."""
    left = []
    for one in outside(aurora.workspace):
        if one.has_keys and not with_keys:
            left.append(str(one.path))
        else:
            copied(one, target)
    return left


def _manifest(
    aurora: Aurora, folder: Path, told: dict[str, str | None], previous: Previous | None, left_out: list[str]
) -> Manifest:
    files, folders = manifests.listed(folder)
    return Manifest(
        form=FORM,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version("aurora-pipeline"),
        revision=revision(aurora.located()).present or "",
        database="dumps" if aurora.own_server() is None else CLUSTER,
        is_demo=aurora.workspace.is_demo,
        heads=told,
        previous=previous,
        left_out=left_out,
        folders=folders,
        files=files,
    )


def _settle(folder: Path) -> None:
    """Have the disk keep what PostgreSQL's programs have not had it keep already, before the backup gets its name."""
    for path in (*folder.iterdir(), *folder.glob("home/*"), *folder.glob("data/**/*"), folder):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
