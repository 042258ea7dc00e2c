"""Where archives are kept: a folder, or object storage that speaks the API of S3, Google or Azure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from aurora_pipeline.work.archives.errors import ArchiveFileMissing, ArchivePlaceAway, ArchivePlaceRefused

if TYPE_CHECKING:
    # It is there for type checkers alone.
    from obstore.store import RetryConfig

_SCHEMES: Final = ("s3", "gs", "az", "file")
_RETRYING: Final[RetryConfig] = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}


_KEYS: Final = ("AWS_", "GOOGLE_", "AZURE_")


def use_keys(environment: Mapping[str, str]) -> None:
    """Let object storage know the keys and addresses that the file .env names; the environment itself wins."""
    for name, value in environment.items():
        if name.startswith(_KEYS):
            os.environ.setdefault(name, value)


def address_of(text: str) -> str:
    """The full address of a place as somebody wrote it: a folder, or an address without keys."""
    if "://" not in text:
        return Path(text).expanduser().resolve().as_uri()
    parts = urlsplit(text)
    if parts.scheme not in _SCHEMES or not (parts.netloc or parts.scheme == "file"):
        raise ArchivePlaceRefused(
            f"{parts.scheme}://... is no place for archives", f"give a folder, or one of {', '.join(_SCHEMES)}://"
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        # The text is not repeated: it may hold a key.
        raise ArchivePlaceRefused(
            "the address holds more than a place: keys do not belong in it, it is recorded for all to read",
            "write it like s3://bucket/folder, and the keys into the environment (docs/archives.md)",
        )
    return text.rstrip("/")


def require_outside(address: str, data_dir: Path) -> None:
    """Refuse a folder in the instance's own data: with them the archive would be gone too."""
    parts = urlsplit(address)
    if parts.scheme == "file" and Path(unquote(parts.path)).is_relative_to(data_dir.resolve()):
        raise ArchivePlaceRefused(
            f"{unquote(parts.path)} lies in this instance's own data: what destroys these would destroy the archive",
            "choose a place on another disk",
        )


class ArchivePlace:
    """A folder or bucket in which the files of one archive are, by the names that its manifest has."""

    def __init__(self, address: str) -> None:
        self.address = address
        with self._answering(address):
            if urlsplit(address).scheme == "file":
                self._store: ObjectStore = from_url(address, mkdir=True)
            else:
                self._store = from_url(address, retry_config=_RETRYING)

    def put(self, name: str, content: bytes) -> None:
        """Write a file; one that is there already is never overwritten."""
        with self._answering(name):
            obstore.put(self._store, name, content, mode="create")

    def get(self, name: str) -> bytes:
        """A file's bytes; raises ArchiveFileMissing where it is not there."""
        with self._answering(name):
            return bytes(obstore.get(self._store, name).bytes())

    def discard(self, names: Sequence[str]) -> None:
        """Take away what a broken-off archive left; what cannot be is harmless."""
        try:
            obstore.delete(self._store, list(names))
        except (BaseError, OSError):
            return

    @contextmanager
    def _answering(self, name: str) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise ArchiveFileMissing(
                f"{self.address}: {name} is not there, or the place is not",
                "put the files back, or name the folder where they are now with --from",
            ) from None
        except (BaseError, OSError, ValueError) as error:
            said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ArchivePlaceAway(f"{self.address} can't be used for {name}: {said}") from None
