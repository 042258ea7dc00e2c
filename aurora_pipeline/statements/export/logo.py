"""The picture in a letterhead, from its file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.statements.export.errors import LogoRefused

_BYTES_MAX: Final = 2 * 1024 * 1024
_BEGINNINGS: Final = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"<?xml": "svg", b"<svg": "svg"}


@dataclass(frozen=True)
class Logo:
    """A picture and which kind of file it is."""

    body: bytes
    kind: str


def read_logo(file: str) -> Logo:
    """The picture in a file; raises where it is none, or too large."""
    try:
        body = read_given(Path(file), _BYTES_MAX)
    except OSError as error:
        raise LogoRefused(f"the logo {file} can't be read: {error.strerror}") from None
    except TooMuch as error:
        raise LogoRefused(f"the logo {file} {error}") from None
    start = body.lstrip() if body[:1].isspace() else body
    kind = next((kind for beginning, kind in _BEGINNINGS.items() if start.startswith(beginning)), None)
    if kind is None:
        raise LogoRefused(f"the logo {file} is no PNG, JPEG or SVG file")
    return Logo(body, kind)
