"""A statement as a PDF/A-3b: the same content is the same bytes, whatever machine, language or time it is made in."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import typst

from aurora_pipeline.config.letterhead import Paper
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.statements.export.errors import LogoRefused, PdfNotMade
from aurora_pipeline.statements.export.logo import Logo

_TEMPLATE: Final = Path(str(files("aurora_pipeline.statements.export"))) / "statement.typ"
_NO_GLYPH: Final = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE: Final = re.compile(r"\\u\{([0-9a-f]+)\}|\\(.)")
_TRIES: Final = 5
_PAPERS: Final = {Paper.A4: "a4", Paper.LETTER: "us-letter"}


@dataclass(frozen=True)
class Attachment:
    """A file within the PDF."""

    name: str
    body: bytes
    mime: str
    what: str
    """What it is, in a few words: readers show it beside the name."""
    is_source: bool = False
    """Whether it is what the pages were made of, not something beside it."""


def statement_pdf(
    content: Mapping[str, Any],
    attachments: Sequence[Attachment] = (),
    logo: Logo | None = None,
    paper: Paper = Paper.A4,
) -> bytes:
    """The bytes of the PDF: `content` is what `printed` says, and the attachments are not changed by a byte.

    What people wrote is data, never markup. A character that no font has stands as its number, like [U+13000].
    """
    shown = _mapped(dict(content), printable)
    # Typst reads files only below one folder, which holds nothing else.
    with TemporaryDirectory(prefix="aurora-pdf-") as folder:
        given = _laid_down(Path(folder), attachments, logo) | {"paper": _PAPERS[paper]}
        for _ in range(_TRIES):
            try:
                return _compiled(Path(folder), given | {"content": shown})
            except typst.TypstError as error:
                lacking = _lacking(error)
                if not lacking:
                    raise _refused(error, logo) from None
            shown = _numbered(shown, lacking)
    raise PdfNotMade(f"the pages hold characters that no font has: {', '.join(sorted(map(_number, lacking)))}")


def _laid_down(folder: Path, attachments: Sequence[Attachment], logo: Logo | None) -> dict[str, Any]:
    """The files of the pages in a folder, and where each is."""
    shutil.copy(_TEMPLATE, folder)
    files_there = []
    for place, one in enumerate(attachments):
        (folder / f"attached-{place}").write_bytes(one.body)
        told = {"name": one.name, "mime": one.mime, "what": one.what, "is_source": one.is_source}
        files_there.append({**told, "file": f"attached-{place}"})
    if logo is not None:
        (folder / "logo").write_bytes(logo.body)
    return {"attachments": files_there, "logo": "" if logo is None else logo.kind}


def _compiled(folder: Path, given: Mapping[str, Any]) -> bytes:
    return typst.compile(
        folder / _TEMPLATE.name,
        root=folder,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(given, ensure_ascii=False, sort_keys=True)},
        pdf_standards=["a-3b"],
    )


@cache
def _fonts() -> typst.Fonts:
    """The fonts that come with Aurora, whatever the machine has."""
    folders = [Path(str(files(package))) for package in ("manimgx_fonts", "manimgx_fonts_cjk")]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def _numbered(value: Any, lacking: frozenset[str]) -> Any:
    table = str.maketrans({letter: _number(letter) for letter in lacking})
    return _mapped(value, lambda text: text.translate(table))


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _mapped(one, change) for name, one in value.items()}
    return [_mapped(one, change) for one in value] if isinstance(value, list | tuple) else value


def _number(letter: str) -> str:
    return f"[U+{ord(letter):04X}]"


def _lacking(error: typst.TypstError) -> frozenset[str]:
    """The characters that no font has, of which Typst names all at once."""
    told = "".join(_unescaped(text) for text in _NO_GLYPH.findall(error.diagnostic))
    return frozenset(letter for letter in told if not letter.isascii())


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else found[2], text)


def _refused(error: typst.TypstError, logo: Logo | None) -> LogoRefused | PdfNotMade:
    if logo is not None and re.search(r"image|svg|png|jpe?g|decod", error.message, re.IGNORECASE):
        return LogoRefused(f"the logo is no {logo.kind.upper()} picture that a PDF can hold: {error.message}")
    return PdfNotMade(f"the pages could not be laid out: {error.message}")
