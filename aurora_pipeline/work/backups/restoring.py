"""Restoring a backup where nothing is: checked first, then put in place whole, then held against its heads."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from aurora_pipeline.decisions.log import Head
from aurora_pipeline.foundation.errors import FolderUnusable
from aurora_pipeline.foundation.outages import explained
from aurora_pipeline.foundation.private_folder import private_folder
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.workspace import Workspace
from aurora_pipeline.local_postgres.base_backup import FOR_THE_START, begin_timeline, put_together
from aurora_pipeline.local_postgres.dumps import read_back
from aurora_pipeline.proof.findings import VerifyReport
from aurora_pipeline.proof.verifying.verify import Heads, verify_audit
from aurora_pipeline.store.access.applying import grant_access
from aurora_pipeline.store.one_instant import tables
from aurora_pipeline.store.revision import revision, wanted_revision
from aurora_pipeline.work.backups import manifest as manifests
from aurora_pipeline.work.backups.errors import BackupDamaged, BackupNotFitting, RestoreOverData
from aurora_pipeline.work.backups.making import CLUSTER, DUMPS
from aurora_pipeline.work.backups.manifest import Manifest
from aurora_pipeline.work.backups.outside import DATA, HOME

_POSTGRES = "postgres"


@dataclass(frozen=True)
class Restored:
    """A restored instance: what it came from, and whether its chains hold and reach the heads noted in the backup."""

    manifest: Manifest
    backups: int
    report: VerifyReport


@dataclass(frozen=True)
class _Backup:
    folder: Path
    manifest: Manifest


def restore(place: Workspace, folder: Path) -> Restored:
    """Put a backup back into a workspace that has no data, and nothing over anything that is there."""
    backups = list(_with_earlier(folder.resolve()))
    newest = backups[0]
    _require_fitting(place, newest.manifest)
    _require_nothing(place, newest)
    for backup in backups:
        manifests.check(backup.folder, backup.manifest)
    with _data_beside(place.data_dir) as fresh:
        _put_files(newest, DATA, fresh)
        if newest.manifest.database == CLUSTER:
            _put_cluster(backups, fresh / _POSTGRES / CLUSTER)
        _put_files(newest, HOME, place.home)
    with Aurora(place) as aurora:
        return Restored(newest.manifest, len(backups), _begin(aurora, newest))


def _with_earlier(folder: Path) -> Iterator[_Backup]:
    """The backup and those that it continues, the newest first."""
    backup = _Backup(folder, manifests.read(folder))
    yield backup
    while backup.manifest.previous is not None:
        previous = backup.manifest.previous
        earlier = backup.folder.parent / Path(previous.folder).name
        if not (earlier / manifests.FILE).is_file():
            raise BackupDamaged(
                f"{backup.folder} continues {earlier}, which is not there", "fetch that backup too, beside this one"
            )
        if manifests.digest_of(earlier / manifests.FILE) != previous.sha256:
            raise BackupDamaged(
                f"{earlier} is not the backup that {backup.folder.name} continues: its manifest is another one",
                f"fetch the one whose {manifests.FILE} has the SHA-256 {previous.sha256}",
            )
        backup = _Backup(earlier, manifests.read(earlier))
        yield backup


def _require_fitting(place: Workspace, manifest: Manifest) -> None:
    if manifest.is_demo != place.is_demo:
        its, this = ("the demo", "a workspace") if manifest.is_demo else ("a workspace", "the demo")
        remedy = "aurora --demo restore DIR" if manifest.is_demo else "leave --demo away"
        raise BackupNotFitting(f"it is a backup of {its}, and this is {this}; nothing was restored", remedy)
    if (manifest.database == CLUSTER) != (place.database_url is None):
        raise BackupNotFitting(
            "it is a copy of Aurora's own server, and AURORA_DATABASE_URL names another one; nothing was restored"
            if manifest.database == CLUSTER
            else "it holds dumps for a server of yours, and AURORA_DATABASE_URL names none; nothing was restored",
            "unset AURORA_DATABASE_URL" if manifest.database == CLUSTER else "set it to an empty database",
        )
    if manifest.revision > wanted_revision():
        raise BackupNotFitting(
            f"its schema is at {manifest.revision}, and this version knows {wanted_revision()}; nothing was restored",
            f"install Aurora {manifest.version} or a newer one",
        )


def _require_nothing(place: Workspace, backup: _Backup) -> None:
    """Refuse to write over data, over files that say something else, and into a database that holds anything."""
    if place.data_dir.exists() and any(place.data_dir.iterdir()):
        raise RestoreOverData(
            f"{place.data_dir} holds data; nothing was restored",
            "restore into a new home (AURORA_HOME), or move that folder away first",
        )
    other = [
        one.path.removeprefix(f"{HOME}/")
        for one in backup.manifest.files
        if one.path.startswith(f"{HOME}/") and _says_else(place.home / one.path.removeprefix(f"{HOME}/"), one.sha256)
    ]
    if other:
        raise RestoreOverData(
            f"{place.home} has other {', '.join(other)} than the backup; nothing was restored",
            "move them away first; compare them with the restored ones then",
        )
    if place.database_url is not None:
        _require_empty(place)


def _says_else(path: Path, sha256: str) -> bool:
    return path.exists() and (not path.is_file() or manifests.digest_of(path) != sha256)


def _require_empty(place: Workspace) -> None:
    with Aurora(place) as aurora:
        aurora.dagster_url()  # makes Dagster's database where it is not there yet
        for database in (aurora.located(), aurora.dagster_records()):
            with database.connect() as connection:
                if tables(connection):
                    raise RestoreOverData(
                        f"the database {database.shown} holds tables; nothing was restored", "name an empty database"
                    )
            database.let_go()


@contextlib.contextmanager
def _data_beside(data_dir: Path) -> Iterator[Path]:
    """A folder that becomes the data directory once the block is done: a half-restored one is never taken for it."""
    try:
        private_folder(data_dir.parent)
        fresh = Path(tempfile.mkdtemp(prefix=f"{data_dir.name}.restoring-", dir=data_dir.parent))
        try:
            yield fresh
            fresh.rename(data_dir)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except OSError as error:
        raise explained(error) or FolderUnusable(
            f"{data_dir} can't be restored: {error.strerror} ({error.filename})",
            "see that it is empty and yours, and repeat the command",
        ) from error


def _put_files(backup: _Backup, part: str, target: Path) -> None:
    """Copy the files of a part of the backup, for their owner's eyes only."""
    for one in backup.manifest.files:
        if one.path.startswith(f"{part}/"):
            place = target / one.path.removeprefix(f"{part}/")
            if not place.parent.is_dir():
                private_folder(place.parent)
            shutil.copyfile(backup.folder / one.path, place)
            place.chmod(0o600)


def _put_cluster(backups: list[_Backup], target: Path) -> None:
    newest = backups[0]
    if len(backups) == 1:
        _put_files(newest, CLUSTER, target)
    else:
        target.parent.mkdir(mode=0o700)
        put_together([backup.folder / CLUSTER for backup in reversed(backups)], target)
    for name in newest.manifest.folders:
        if name.startswith(f"{CLUSTER}/"):
            (target / name.removeprefix(f"{CLUSTER}/")).mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (target.parent, target, *target.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)  # PostgreSQL refuses what others could read
    begin_timeline(target)


def _begin(aurora: Aurora, backup: _Backup) -> VerifyReport:
    """Start what was restored, bring its schema up to date, and hold its chains against the heads of the backup."""
    if backup.manifest.database == CLUSTER:
        with aurora.located().autocommit() as connection:
            for setting in FOR_THE_START:
                connection.execute(f"ALTER SYSTEM RESET {setting}".encode())
    else:
        for database, name in zip((aurora.dagster_records(), aurora.located()), DUMPS, strict=True):
            read_back(database.conninfo, backup.folder / name)
        grant_access(aurora.located())
    if not revision(aurora.located()).is_current:
        # Imported here: Alembic takes a fifth of a second, and few backups are of an older schema.
        from aurora_pipeline.store.migrate import upgrade

        upgrade(aurora.located())
    with aurora.located().connect() as connection:
        return verify_audit(connection, _noted(backup.manifest))


def _noted(manifest: Manifest) -> Heads:
    told = {part.name: manifest.heads.get(part.name) for part in fields(Heads)}
    return Heads(**{name: None if text is None else _head(text) for name, text in told.items()})


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    return Head(int(number), digest)
