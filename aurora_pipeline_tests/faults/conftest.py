"""What tests of faults begin with: a demo of one epoch, how it goes on undisturbed, and a small disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aurora_pipeline_tests.faults.demo_home import BEGIN, GO_ON, command, copied, digests, ended
from aurora_pipeline_tests.faults.small_disk import NoDisk, SmallDisk, small_disk


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
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path_factory.mktemp("disk")) as mounted:
            yield mounted
    except NoDisk as error:
        pytest.skip(str(error))
