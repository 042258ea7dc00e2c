"""The manifest of a backup: every file of it with size and SHA-256, of what it is, and what it rests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from aurora_pipeline.work.backups.errors import BackupDamaged, BackupNotFitting, BackupNotThere

FILE: Final = "manifest.json"
SEAL: Final = "manifest.json.sha256"
FORM: Final = "aurora-backup-1"
_AT_ONCE: Final = 1 << 20
_NAMED_AT_MOST: Final = 10


@dataclass(frozen=True)
class KeptFile:
    """A file of a backup."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Previous:
    """The backup that this one continues: the folder beside it, and the digest of its manifest."""

    folder: str
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup is and holds."""

    form: str
    made_at: str
    version: str
    revision: str
    database: str
    """`cluster` for a copy of Aurora's own server, `dumps` for dumps of somebody else's."""
    is_demo: bool
    heads: Mapping[str, str | None]
    """The newest entry of each chain just before: what is restored holds them."""
    previous: Previous | None
    left_out: Sequence[str]
    """Files with keys that the instance needs and the backup does not hold."""
    folders: Sequence[str]
    """Folders without files, which some ways of copying lose and PostgreSQL needs."""
    files: Sequence[KeptFile]

    @property
    def size(self) -> int:
        """How many bytes all files have."""
        return sum(one.bytes for one in self.files)


def listed(folder: Path) -> tuple[list[KeptFile], list[str]]:
    """The files below a folder, each with its digest, and the folders that hold nothing."""
    files, empty = [], []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                empty.append(name)
        elif name not in (FILE, SEAL):
            files.append(KeptFile(name, path.stat().st_size, digest_of(path)))
    return files, empty


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    told = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_AT_ONCE):
            told.update(block)
    return told.hexdigest()


def write(manifest: Manifest, folder: Path) -> str:
    """Write the manifest and its seal, in the form of sha256sum; returns its digest."""
    text = json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n"
    (folder / FILE).write_text(text, encoding="utf-8")
    digest = digest_of(folder / FILE)
    (folder / SEAL).write_text(f"{digest}  {FILE}\n", encoding="utf-8")
    return digest


def read(folder: Path) -> Manifest:
    """The manifest of a finished backup; refused where it does not fit its seal."""
    try:
        content, seal = (folder / FILE).read_bytes(), (folder / SEAL).read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        raise BackupNotThere(
            f"{folder} holds no finished backup: {FILE} or {SEAL} is missing or can't be read",
            "name the folder that `aurora backup` printed; one that was broken off holds nothing to restore",
        ) from None
    if not seal or seal[0] != hashlib.sha256(content).hexdigest():
        raise BackupDamaged(f"{folder / FILE} was changed or cut off: it is not what {SEAL} says", "fetch it again")
    return _understood(folder, content)


def _understood(folder: Path, content: bytes) -> Manifest:
    try:
        told: dict[str, Any] = json.loads(content)
        if told["form"] != FORM:
            raise BackupNotFitting(
                f"{folder} is a backup of the form {told['form']!r}, this version knows {FORM!r}",
                "restore it with the version of Aurora that made it, then upgrade",
            )
        previous = None if told["previous"] is None else Previous(**told["previous"])
        files = [KeptFile(**one) for one in told["files"]]
        if not all(map(_inside, [*(one.path for one in files), *told["folders"]])):
            raise ValueError("a file outside the backup")
        return Manifest(**{**told, "previous": previous, "files": files})
    except (ValueError, KeyError, TypeError):
        raise BackupDamaged(f"{folder / FILE} is no manifest of a backup", "fetch the backup again") from None


def _inside(name: str) -> bool:
    return not name.startswith("/") and ".." not in name.split("/")


def check(folder: Path, manifest: Manifest) -> None:
    """Raise, naming every file, where the folder does not hold exactly what its manifest lists."""
    problems = list(_problems(folder, manifest))
    if problems:
        shown = [*problems[:_NAMED_AT_MOST], *_more(problems)]
        raise BackupDamaged(
            "\n  ".join([f"the backup {folder} is damaged, nothing was restored:", *shown]),
            "fetch it again from where it is kept, or restore another one",
        )


def _problems(folder: Path, manifest: Manifest) -> Iterator[str]:
    known = {one.path for one in manifest.files}
    for one in manifest.files:
        path = folder / one.path
        if not path.is_file():
            yield f"{one.path} is missing"
        elif path.stat().st_size != one.bytes:
            yield f"{one.path} has {path.stat().st_size} bytes, not {one.bytes}"
        elif digest_of(path) != one.sha256:
            yield f"{one.path} was changed: its SHA-256 is another one"
    for name in _present(folder):
        if name not in known:
            yield f"{name} is no part of it"


def _present(folder: Path) -> Iterable[str]:
    names = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if not path.is_dir())
    return (name for name in names if name not in (FILE, SEAL))


def _more(problems: Sequence[str]) -> list[str]:
    return [f"... and {len(problems) - _NAMED_AT_MOST} more"] if len(problems) > _NAMED_AT_MOST else []
