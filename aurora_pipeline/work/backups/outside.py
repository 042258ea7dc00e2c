"""What an instance has outside its database: configuration, Dagster's home, and files with keys."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aurora_pipeline.instance.workspace import ENV_FILE, Workspace

HOME, DATA = "home", "data"
"""The folders of a backup that hold the files of the workspace and those of its data directory."""
_GIVEN: Final = (".yaml", ".yml", ".csv", ".xlsx")
"""What a person writes for Aurora and keeps beside chains.yaml."""
_OF_THE_SERVER: Final = "postgres"
_OF_THE_MOMENT: Final = (".lock", ".log", ".log.1", ".users", ".starting", ".pid")
_KEYS: Final = "keys"


@dataclass(frozen=True)
class Outside:
    """A file outside the database: where it is, and where a backup has it."""

    path: Path
    kept_as: str
    has_keys: bool


def outside(place: Workspace) -> Iterator[Outside]:
    """Every file that a restored instance needs beside its database."""
    if not place.is_demo:
        for path in sorted(place.home.iterdir()):
            if path.name == ENV_FILE or (path.suffix in _GIVEN and not path.name.startswith(".")):
                yield from _regular(path, f"{HOME}/{path.name}", has_keys=path.name == ENV_FILE)
    for path in sorted(place.data_dir.rglob("*")):
        name = path.relative_to(place.data_dir)
        if name.parts[0] != _OF_THE_SERVER and not path.name.endswith(_OF_THE_MOMENT):
            yield from _regular(path, f"{DATA}/{name.as_posix()}", has_keys=name.parts[0] == _KEYS)
    yield from _elsewhere(place)


def _elsewhere(place: Workspace) -> Iterator[Outside]:
    """The signing key where AURORA_LOG_KEY puts it on a disk of its own; restored, it stands in its usual place."""
    if not place.log_key_path.is_relative_to(place.data_dir):
        yield from _regular(place.log_key_path, f"{DATA}/{_KEYS}/{place.log_key_path.name}", has_keys=True)


def _regular(path: Path, kept_as: str, *, has_keys: bool) -> Iterator[Outside]:
    """The file, unless it is a socket, a folder, or gone meanwhile."""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            yield Outside(path, kept_as, has_keys)
    except FileNotFoundError:
        return


def copied(one: Outside, target: Path) -> None:
    """Copy a file into a folder; one that Dagster removed meanwhile is not there any more."""
    place = target / one.kept_as
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        shutil.copyfile(one.path, place)
    except FileNotFoundError:
        place.unlink(missing_ok=True)
    else:
        place.chmod(0o600)
