"""CSV and XLSX bytes as rows of text cells: the digits that stand in the file, never a float made of them.

An XLSX file is a zip of XML files; a number's own text is taken from the XML, which spreadsheet libraries turn into
floats. Everything in it is bounded while it is unpacked, because a small zip can hold gigabytes.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from xml.parsers import expat

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.foundation.printable import harmless

UNPACKED_BYTES_MAX: Final = 1 << 30
"""All parts of one XLSX file that are read, unpacked."""
COLUMNS_MAX: Final = 16_384
CELL_LETTERS_MAX: Final = 32_767
"""So many letters a spreadsheet takes in one cell; packed they can be a few bytes."""
_MEMBERS_MAX: Final = 10_000
_PIECE_BYTES: Final = 1 << 20
_COLUMN_LETTERS: Final = re.compile(r"([A-Z]{1,3})[0-9]{1,7}\Z")

_UNHELD: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no table can hold, or nobody sees; tabs and line ends are for whoever looks for separators."""
CellRow = tuple[int, Sequence[str]]
"""A row's number in the file, as a spreadsheet or an editor shows it, and its cells."""
Attributes = Mapping[str, str]


def csv_rows(body: bytes, separator: str = ",") -> Iterator[CellRow]:
    """The rows of a CSV file in UTF-8, with or without a byte order mark.

    Those in which nothing stands are passed over: a file of line ends alone would fill the memory with them.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileProblem("it is no UTF-8 text; save it as CSV in UTF-8") from None
    # newline="" leaves line ends to the csv module; strict makes an open quote a mistake, not a huge cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, [harmless(cell) if _UNHELD.search(cell) else cell for cell in cells]
    except csv.Error as error:
        raise FileProblem(f"line {reader.line_num} is no CSV: {error}; check quotes and separators") from None


def xlsx_rows(body: bytes, sheet: str | None) -> Iterator[CellRow]:
    """The rows of a sheet (of the first one, where none is named), without those in which nothing stands."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            yield from _Workbook(archive).rows(sheet)
    except FileProblem:
        raise
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError) as error:
        # What zipfile raises for bytes that are no zip, are cut off, encrypted or packed in a way nobody uses.
        raise FileProblem(f"it is no XLSX file that can be opened ({type(error).__name__}: {error})") from None
    except expat.ExpatError as error:
        raise FileProblem(f"it is a broken XLSX file: {error}") from None


class _Workbook:
    """The parts of an XLSX file that hold cells."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = UNPACKED_BYTES_MAX
        if len(archive.namelist()) > _MEMBERS_MAX:
            raise FileProblem(f"it has more than {_MEMBERS_MAX} parts")

    def rows(self, sheet: str | None) -> Iterator[CellRow]:
        part = self._sheet_part(sheet)
        texts = self._shared_texts()
        return self._cells(part, texts)

    def _sheet_part(self, sheet: str | None) -> str:
        sheets: dict[str, str] = {}
        targets: dict[str, str] = {}

        def workbook(name: str, attributes: Attributes) -> None:
            if name == "sheet":
                link = next((value for key, value in attributes.items() if _local(key) == "id"), "")
                sheets[attributes.get("name", "")] = link

        def links(name: str, attributes: Attributes) -> None:
            if name == "Relationship":
                targets[attributes.get("Id", "")] = attributes.get("Target", "")

        self._parse("xl/workbook.xml", workbook)
        self._parse("xl/_rels/workbook.xml.rels", links)
        if sheet is not None and sheet not in sheets:
            raise FileProblem(f"it has no sheet {sheet!r}; it has {', '.join(sheets) or 'none'}")
        if not sheets:
            raise FileProblem("it has no sheet")
        target = targets.get(sheets[sheet] if sheet is not None else next(iter(sheets.values())), "")
        return posixpath.normpath(posixpath.join("/xl", target)).removeprefix("/")

    def _shared_texts(self) -> list[str]:
        part = "xl/sharedStrings.xml"
        texts: list[str] = []
        if part not in self._archive.namelist():
            return texts
        pieces = _Pieces("a shared text")
        # Readings (phonetic hints) are texts beside the text.
        inside = {"t": 0, "rPh": 0}

        def start(name: str, attributes: Attributes) -> None:
            if name in inside:
                inside[name] += 1

        def end(name: str) -> None:
            if name in inside:
                inside[name] -= 1
            elif name == "si":
                texts.append(pieces.taken())

        def text(data: str) -> None:
            if inside["t"] and not inside["rPh"]:
                pieces.add(data)

        self._parse(part, start, end, text)
        return texts

    def _cells(self, part: str, texts: Sequence[str]) -> Iterator[CellRow]:
        reader = _SheetReader(texts)
        parser = _parser(reader.start, reader.end, reader.text)
        for piece in self._pieces(part):
            parser.Parse(piece, False)
            yield from reader.taken()
        parser.Parse(b"", True)
        yield from reader.taken()

    def _parse(
        self,
        part: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None] = lambda name: None,
        text: Callable[[str], None] = lambda data: None,
    ) -> None:
        parser = _parser(start, end, text)
        for piece in self._pieces(part):
            parser.Parse(piece, False)
        parser.Parse(b"", True)

    def _pieces(self, part: str) -> Iterator[bytes]:
        try:
            member = self._archive.open(part)
        except KeyError:
            raise FileProblem(f"it is no workbook: the part {part} is missing") from None
        with member:
            while piece := member.read(_PIECE_BYTES):
                self._left -= len(piece)
                if self._left < 0:
                    raise FileProblem(f"unpacked it is longer than {UNPACKED_BYTES_MAX} bytes")
                yield piece


class _Pieces:
    """A text that comes in pieces, within bounds."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._pieces: list[str] = []
        self._letters = 0

    def add(self, piece: str) -> None:
        """Take one more."""
        self._letters += len(piece)
        if self._letters > CELL_LETTERS_MAX:
            raise FileProblem(
                f"{self._what} in it has more than {CELL_LETTERS_MAX} letters, which no spreadsheet writes"
            )
        self._pieces.append(piece)

    def taken(self) -> str:
        """The whole text; it is handed over once."""
        whole = "".join(self._pieces)
        self._pieces.clear()
        self._letters = 0
        return whole


class _SheetReader:
    """Collects the rows of a sheet while its XML goes by."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._rows: list[CellRow] = []
        self._row_number = 0
        self._cells: list[str] = []
        self._kind = ""
        self._place = ""
        self._inside = False
        self._pieces = _Pieces("a cell")
        self._collected = ""

    def taken(self) -> list[CellRow]:
        """The rows that are complete; they are handed over once."""
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "row":
            number = attributes.get("r", "")
            self._row_number = int(number) if number.isascii() and number.isdigit() else self._row_number + 1
            self._cells = []
        elif name == "c":
            self._kind, self._place, self._collected = attributes.get("t", "n"), attributes.get("r", ""), ""
        elif name in ("v", "t"):
            self._inside = True
            self._pieces.taken()

    def text(self, data: str) -> None:
        if self._inside:
            self._pieces.add(data)

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._collected += self._pieces.taken()
            self._inside = False
        elif name == "c":
            self._add()
        elif name == "row" and any(self._cells):
            self._rows.append((self._row_number, self._cells))

    def _add(self) -> None:
        column = _column_of(self._place, len(self._cells))
        if not len(self._cells) <= column < COLUMNS_MAX:
            raise FileProblem(f"row {self._row_number}: cell {self._place!r} is out of place")
        self._cells.extend([""] * (column - len(self._cells)))
        self._cells.append(self._shown())

    def _shown(self) -> str:
        value = self._collected
        if self._kind == "e":
            # #N/A and the like: no number, whoever reads it, and a mistake only where somebody does.
            return value
        if self._kind == "b":
            # Never a number: its 1 would be read as one base unit, one slot, one epoch.
            return {"1": "TRUE", "0": "FALSE"}.get(value, value)
        if self._kind != "s" or not value:
            return value
        if not (value.isascii() and value.isdigit() and int(value) < len(self._texts)):
            raise FileProblem(f"cell {self._place} names a text that is not there")
        return self._texts[int(value)]


def _column_of(place: str, default: int) -> int:
    match = _COLUMN_LETTERS.match(place)
    if match is None:
        return -1 if place else default
    column = 0
    for letter in match.group(1):
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1


def _parser(
    start: Callable[[str, Attributes], None], end: Callable[[str], None], text: Callable[[str], None]
) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: start(_local(name), attributes)
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse_doctype(*_: object) -> None:
    # A document type can define entities that grow without bound; no spreadsheet writes one.
    raise FileProblem("it is no workbook: it declares a document type")
