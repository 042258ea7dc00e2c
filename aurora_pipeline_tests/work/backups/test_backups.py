"""Backups: whole, checked, continued, restored where nothing is; damaged, partial or misplaced ones are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from aurora_pipeline.foundation.errors import AuroraError, NoRoomOnDisk
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.instance.starting import write_workspace
from aurora_pipeline.instance.workspace import DATABASE_VARIABLE, DEMO_URL_VARIABLE, KEY_VARIABLE, Workspace
from aurora_pipeline.local_postgres.cluster import SUPERUSER
from aurora_pipeline.local_postgres.embedded import EmbeddedPostgres
from aurora_pipeline.local_postgres.errors import CopyFailed
from aurora_pipeline.local_postgres.postmaster import PORT
from aurora_pipeline.local_postgres.programs import copying_failed
from aurora_pipeline.proof.verifying.everything import recorded_keys
from aurora_pipeline.proof.verifying.everything import verified as verify_one
from aurora_pipeline.proof.verifying.verify import verify_period
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.migrate import upgrade
from aurora_pipeline.work.backups.errors import (
    BackupDamaged,
    BackupFolderInUse,
    BackupNotFitting,
    BackupNotThere,
    RestoreOverData,
)
from aurora_pipeline.work.backups.making import Made, back_up
from aurora_pipeline.work.backups.outside import outside
from aurora_pipeline.work.backups.restoring import restore
from aurora_pipeline_tests.store.kept_data import put_back, revision_of
from aurora_pipeline_tests.store.test_kept_data import KEPT

SECRET = "SOLANA_RPC_URL=https://node.example/0123456789abcdef-canary"


def filled(database: Database) -> None:
    """Two months of a small chain, in today's schema."""
    upgrade(database, revision_of(KEPT[-1]))
    with database.connect() as connection:
        put_back(connection, KEPT[-1])
    upgrade(database)


def digests(aurora: Aurora) -> dict[str, str]:
    """The content of every layer in force."""
    with aurora.located().connect() as connection:
        rows = connection.execute("SELECT asset, chain_id, period, content_digest FROM in_force").fetchall()
    return {f"{row['asset']} {row['chain_id']} {row['period']}": row["content_digest"] for row in rows}


def verified(aurora: Aurora) -> int:
    """How many periods and months there are, each of which holds."""
    with aurora.located().connect() as connection:
        keys = recorded_keys(connection)
    for key in keys:
        with aurora.located().connect() as connection:
            report = verify_period(connection, key)
        assert report.holds, report.failures
    assert any(isinstance(key, MonthKey) for key in keys)
    return len(keys)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Aurora, Made, Made]]:
    """An instance on its own server, a backup of it, and one that continues that after something was decided."""
    home = tmp_path_factory.mktemp("home")
    write_workspace(home)
    with (home / ".env").open("a") as env:
        env.write(SECRET)
    place, folder = Workspace(home, False, {}), tmp_path_factory.mktemp("backups")
    with Aurora(place) as aurora:
        filled(aurora.located())
        (place.dagster_home / "storage").mkdir(parents=True)
        (place.dagster_home / "storage" / "run.out").write_text("what a run printed")
        full = back_up(aurora, folder / "full")
        with Database(aurora.located().conninfo.replace("dbname=aurora", "dbname=dagster")).connect() as connection:
            connection.execute("CREATE TABLE cursors AS SELECT 'sensor' AS name, 42 AS place")
        more = back_up(aurora, folder / "more", since=folder / "full")
        yield aurora, full, more


@pytest.fixture
def copied(kept: tuple[Aurora, Made, Made], tmp_path: Path) -> Path:
    """Both backups, to be damaged: the newer one's folder."""
    for made in kept[1:]:
        shutil.copytree(made.folder, tmp_path / "copied" / made.folder.name)
    return tmp_path / "copied" / "more"


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "new").mkdir()
    return Workspace(tmp_path / "new", False, {})


def refused(place: Workspace, folder: Path, kind: type[AuroraError], *words: str) -> None:
    before = sorted(place.home.rglob("*"))
    with pytest.raises(kind) as caught:
        restore(place, folder)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert sorted(place.home.rglob("*")) == before


def test_restore__backup_that_continues_another__both_databases_and_all_files_are_there(
    kept: tuple[Aurora, Made, Made], place: Workspace
) -> None:
    aurora, full, more = kept
    assert more.manifest.size < full.manifest.size / 2
    restored = restore(place, more.folder)
    assert (restored.backups, restored.report.failures) == (2, ())
    with Aurora(place) as again:
        assert digests(again) == digests(aurora)
        assert verified(again) > 7
        with again.dagster_records().connect() as connection:
            assert connection.execute("SELECT place FROM cursors").fetchone() == {"place": 42}
        with again.located().connect() as connection:
            assert connection.execute("SHOW restore_command").fetchone() == {"restore_command": ""}
            assert connection.execute("SELECT pg_is_in_recovery() AS it").fetchone() == {"it": False}
    assert (place.dagster_home / "storage" / "run.out").read_text() == "what a run printed"
    assert (place.home / "chains.yaml").read_bytes() == (aurora.workspace.home / "chains.yaml").read_bytes()
    assert [path for path in place.data_dir.rglob("*") if path.lstat().st_mode & 0o077] == []


def test_restore__older_schema__is_brought_up_to_date(place: Workspace, tmp_path: Path) -> None:
    write_workspace(tmp_path / "old")
    with Aurora(Workspace(tmp_path / "old", False, {})) as aurora:
        upgrade(aurora.located(), revision_of(KEPT[-1]))
        with aurora.located().connect() as connection:
            put_back(connection, KEPT[-1])
        made = back_up(aurora, tmp_path / "backup")
    assert (made.manifest.revision, made.manifest.heads) == (revision_of(KEPT[-1]), {})
    assert restore(place, made.folder).report.failures == ()
    with Aurora(place) as again:
        assert verified(again) > 7


def test_verified__page_that_the_disk_changed__is_what_is_found_and_the_others_go_on(
    kept: tuple[Aurora, Made, Made], place: Workspace
) -> None:
    restore(place, kept[1].folder)
    with Aurora(place) as aurora:
        with aurora.located().connect() as connection:
            query = "SELECT pg_relation_filepath('layers.partner_commission_statements') AS path"
            found = connection.execute(query).fetchone()
            first, *others = recorded_keys(connection)
        assert found is not None
    with (place.data_dir / "postgres" / "cluster" / found["path"]).open("r+b") as pages:
        pages.seek(8000)
        pages.write(b"\xff" * 64)
    demo = files("aurora_pipeline.demo")
    for name in ("chains.yaml", "providers.yaml"):
        (place.home / name).write_bytes((demo / name).read_bytes())
    with Aurora(Workspace(place.home, False, {DEMO_URL_VARIABLE: "http://127.0.0.1:9"})) as aurora:
        reports = [verify_one(aurora, key, deep=False) for key in (first, *others)]
    damaged = [report for report in reports if any("files are damaged" in str(one) for one in report.failures)]
    assert damaged
    assert all("invalid page" in str(one) for report in damaged for one in report.failures)
    assert len(reports) == len(others) + 1


def test_back_up__files_with_keys__named_and_left_unless_asked(kept: tuple[Aurora, Made, Made], tmp_path: Path) -> None:
    aurora = kept[0]
    (aurora.workspace.data_dir / "keys").mkdir(exist_ok=True)
    (aurora.workspace.data_dir / "keys" / "log.key").write_text("PRIVATE+KEY")
    bare, whole = back_up(aurora, tmp_path / "bare"), back_up(aurora, tmp_path / "whole", with_keys=True)
    assert [Path(path).name for path in bare.manifest.left_out] == [".env", "log.key"]
    assert whole.manifest.left_out == []
    for secret in (SECRET, "PRIVATE+KEY"):
        assert [
            path for path in bare.folder.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()
        ] == []
    assert SECRET in (whole.folder / "home/.env").read_text()
    assert (whole.folder / "data/keys/log.key").read_text() == "PRIVATE+KEY"


def test_outside__signing_key_on_a_disk_of_its_own__is_named(tmp_path: Path) -> None:
    key = tmp_path / "usb" / "aurora.key"
    key.parent.mkdir()
    key.write_text("PRIVATE+KEY")
    (tmp_path / "home").mkdir()
    (found,) = outside(Workspace(tmp_path / "home", False, {KEY_VARIABLE: str(key)}))
    assert (found.path, found.kept_as, found.has_keys) == (key, "data/keys/aurora.key", True)


def test_back_up__folder_in_use_or_inside_the_data__refused(kept: tuple[Aurora, Made, Made], tmp_path: Path) -> None:
    aurora, full, _ = kept
    with pytest.raises(BackupFolderInUse, match="is there already"):
        back_up(aurora, full.folder)
    with pytest.raises(BackupFolderInUse, match="lies in the data"):
        back_up(aurora, aurora.workspace.data_dir / "dagster" / "backup")
    with pytest.raises(BackupNotFitting, match="not in one folder"):
        back_up(aurora, tmp_path / "elsewhere", since=full.folder)
    assert list(tmp_path.iterdir()) == []


def test_back_up__that_fails_half_way__leaves_nothing(kept: tuple[Aurora, Made, Made], tmp_path: Path) -> None:
    aurora, full, _ = kept
    shutil.copytree(full.folder, tmp_path / "old")
    (tmp_path / "old" / "cluster" / "backup_manifest").write_text("{}")
    with pytest.raises(CopyFailed, match="copied"):
        back_up(aurora, tmp_path / "new", since=tmp_path / "old")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_restore__damaged_file__named_and_nothing_restored(copied: Path, place: Workspace) -> None:
    changed, cut, gone = (copied / "cluster" / name for name in ("PG_VERSION", "backup_label", "postgresql.conf"))
    changed.write_text("19\n")
    cut.write_bytes(cut.read_bytes()[:-1])
    gone.unlink()
    (copied / "cluster" / "more").write_text("planted")
    words = ("cluster/PG_VERSION was changed", "cluster/backup_label has", "cluster/postgresql.conf is missing")
    refused(place, copied, BackupDamaged, *words, "cluster/more is no part of it")


def test_restore__earlier_backup_damaged_missing_or_another__named(copied: Path, place: Workspace) -> None:
    earlier = copied.with_name("full")
    (earlier / "cluster" / "PG_VERSION").write_text("19\n")
    refused(place, copied, BackupDamaged, str(earlier), "PG_VERSION was changed")
    told = json.loads((earlier / "manifest.json").read_text())
    (earlier / "manifest.json").write_text(json.dumps(told | {"made_at": "2020-01-01"}))
    refused(place, copied, BackupDamaged, str(earlier), "its manifest is another one")
    shutil.rmtree(earlier)
    refused(place, copied, BackupDamaged, f"continues {earlier}, which is not there")


def test_restore__manifest_missing_or_changed__refused(copied: Path, place: Workspace) -> None:
    manifest = copied / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"revision"', '"Revision"'))
    refused(place, copied, BackupDamaged, "was changed or cut off")
    manifest.unlink()
    refused(place, copied, BackupNotThere, "holds no finished backup")
    refused(place, copied.parent, BackupNotThere, "holds no finished backup")


def test_restore__over_data_or_other_files_or_the_demo__refused(
    kept: tuple[Aurora, Made, Made], place: Workspace, tmp_path: Path
) -> None:
    folder = kept[2].folder
    refused(Workspace(place.home, True, {}), folder, BackupNotFitting, "a workspace", "the demo")
    url = {DATABASE_VARIABLE: "postgresql://postgres@127.0.0.1:9/nobody"}
    refused(Workspace(place.home, False, url), folder, BackupNotFitting, DATABASE_VARIABLE)
    (place.home / "chains.yaml").write_text("chains: {}")
    refused(place, folder, RestoreOverData, "has other chains.yaml")
    (place.home / "chains.yaml").unlink()
    (place.data_dir / "postgres").mkdir(parents=True)
    refused(place, folder, RestoreOverData, "holds data")


def test_full_disk__as_a_program_tells_it__said_as_such(tmp_path: Path) -> None:
    told = copying_failed("the database can't be copied", "could not write: No space left on device", tmp_path)
    assert isinstance(told, NoRoomOnDisk)


@pytest.fixture
def external(server: EmbeddedPostgres, tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """A workspace on a server of somebody else's, filled, and a new one that names an empty database."""
    names = ("books", "books_again")
    places = []
    for name in names:
        server.ensure_database(name)
        url = f"postgresql://{SUPERUSER}@/{name}?host={quote(str(server.socket_dir), safe='')}&port={PORT}"
        places.append(Workspace(tmp_path / name, False, {DATABASE_VARIABLE: url}))
    write_workspace(places[0].home)
    with Aurora(places[0]) as aurora:
        filled(aurora.located())
        aurora.dagster_url()
    yield places[0], places[1]
    for name in names:
        server.drop_database(f"{name}_dagster")
        server.drop_database(name)


def test_external_server__backed_up_while_somebody_writes__restored_into_an_empty_one(
    external: tuple[Workspace, Workspace], tmp_path: Path
) -> None:
    place, other = external
    with Aurora(place) as aurora:
        with aurora.dagster_records().connect() as connection:
            connection.execute("CREATE TABLE cursors AS SELECT 'sensor' AS name, 42 AS place")
        made = back_up(aurora, tmp_path / "dumps")
        before = digests(aurora)
        with aurora.dagster_records().connect() as connection:
            connection.execute("UPDATE cursors SET place = 43")
        with pytest.raises(BackupNotFitting, match="dumps are always whole"):
            back_up(aurora, tmp_path / "more", since=tmp_path / "dumps")
    assert made.manifest.database == "dumps"
    with pytest.raises(RestoreOverData, match="holds tables"):
        restore(Workspace(tmp_path / "third", False, place.env), made.folder)
    restored = restore(other, made.folder)
    assert restored.report.failures == ()
    with Aurora(other) as again:
        assert digests(again) == before
        assert verified(again) > 7
        with again.dagster_records().connect() as connection:
            assert connection.execute("SELECT place FROM cursors").fetchone() == {"place": 42}
        with again.located().connect() as connection, pytest.raises(psycopg.errors.RaiseException):
            connection.execute("DELETE FROM audit_log")
