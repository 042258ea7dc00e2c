"""Writing small XLSX files as spreadsheets do, so that tests decide every byte of a cell."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Cell = str | tuple[str, str] | None
"""A shared text; ("n", digits) for a number, ("inlineStr" | "str" | "e" | "b", text); None for no cell at all."""


def workbook(rows: Sequence[Sequence[Cell]], sheet: str = "Sheet1", **parts: bytes) -> bytes:
    """An XLSX file with one sheet; `parts` replace or add parts of the zip, `/` written as two underscores."""
    texts: list[str] = []
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(_cell(cell, f"{_letters(place)}{number}", texts) for place, cell in enumerate(row))
        lines.append(f'<row r="{number}">{cells}</row>')
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    whole: dict[str, bytes] = {
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="{escape(sheet)}" sheetId="1"'
            ' r:id="rId7"/></sheets></workbook>'
        ).encode(),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_LINKS}"><Relationship Id="rId7" Target="worksheets/sheet1.xml"/></Relationships>'
        ).encode(),
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>'.encode(),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        ).encode(),
    }
    whole |= {name.replace("__", "/").replace("_xml", ".xml"): body for name, body in parts.items()}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in whole.items():
            archive.writestr(name, body)
    return packed.getvalue()


def _cell(cell: Cell, place: str, texts: list[str]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        texts.append(cell)
        return f'<c r="{place}" t="s"><v>{len(texts) - 1}</v></c>'
    kind, text = cell
    if kind == "inlineStr":
        runs = "".join(f"<r><t>{escape(run)}</t></r>" for run in (text[:2], text[2:]))
        return f'<c r="{place}" t="inlineStr"><is>{runs}</is></c>'
    return f'<c r="{place}" t="{kind}"><v>{escape(text)}</v></c>'


def _letters(place: int) -> str:
    letters = ""
    number = place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
