"""Archives on object storage: a real server that speaks the API of S3, and what is said where it fails."""

from __future__ import annotations

import os
import re
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline.instance.runtime import Aurora
from aurora_pipeline.work.archives.errors import ArchiveFileMissing, ArchivePlaceAway
from aurora_pipeline.work.archives.place import ArchivePlace, use_keys
from aurora_pipeline_tests.started import started
from aurora_pipeline_tests.work.archives.conftest import range_of
from aurora_pipeline_tests.work.archives.test_moving import brought_back, failures, moved, rows

_STARTING_SECONDS_MAX = 60
SECRET = "not-to-be-told-4711"


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with one bucket in it."""
    log = tmp_path_factory.mktemp("moto") / "log"
    with started([sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", "0"], os.environ, log):
        address = _address(log)
        urllib.request.urlopen(urllib.request.Request(f"{address}/evidence", method="PUT"), timeout=10)
        yield address


def _address(log: Path) -> str:
    """Where the server says that it listens."""
    deadline = time.monotonic() + _STARTING_SECONDS_MAX
    while (told := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return told.group(1)


@pytest.fixture
def keyed(bucket: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file .env of somebody who may use the bucket, and nothing in the environment itself."""
    told = {"ENDPOINT_URL": bucket, "ALLOW_HTTP": "true", "REGION": "eu-central-1"}
    told |= {"ACCESS_KEY_ID": "somebody", "SECRET_ACCESS_KEY": SECRET}
    for name in told:
        monkeypatch.setenv(f"AWS_{name}", "is put back afterwards")
        os.environ.pop(f"AWS_{name}")
    use_keys({f"AWS_{name}": value for name, value in told.items()} | {"OTHER_SECRET": "not taken"})
    assert "OTHER_SECRET" not in os.environ
    return bucket


def test_s3__range_moved_there_and_back__has_every_row(old: Aurora, keyed: str) -> None:
    with old.database.connect() as connection:
        before = rows(connection)
    told = moved(old, "s3://evidence/of/aurora")
    assert told.place.startswith("s3://evidence/of/aurora/solana-demo/0000800-0000899-")
    listed = urllib.request.urlopen(f"{keyed}/evidence?list-type=2", timeout=10).read().decode()
    assert listed.count("<Key>of/aurora/solana-demo/") == len(told.manifest.files) + 1
    assert not failures(old)
    brought_back(old)
    with old.database.connect() as connection:
        assert rows(connection) == before
        everything = str(connection.execute("SELECT * FROM range_moves").fetchall())
        everything += str(connection.execute("SELECT * FROM audit_log").fetchall())
    assert SECRET not in everything


def test_s3__object_that_is_gone_or_there_already__is_told_and_never_overwritten(keyed: str) -> None:
    place = ArchivePlace("s3://evidence/one")
    place.put("a/b", b"first")
    with pytest.raises(ArchivePlaceAway, match="already exists"):
        place.put("a/b", b"second")
    assert place.get("a/b") == b"first"
    place.discard(["a/b", "a/never"])
    with pytest.raises(ArchiveFileMissing):
        place.get("a/b")
    with pytest.raises(ArchiveFileMissing, match="the place is not"):
        ArchivePlace("s3://no-such-bucket/x").put("a", b"")


def test_s3__away__nothing_is_moved_and_no_key_is_told(
    old: Aurora, keyed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(ArchivePlaceAway) as away:
        moved(old, "s3://evidence/x")
    assert SECRET not in str(away.value)
    assert range_of(old).place is None
