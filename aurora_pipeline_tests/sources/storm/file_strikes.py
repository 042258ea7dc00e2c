"""One change of a table in a CSV or XLSX file, in its cells or in its bytes, and what it may do to what is read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from aurora_pipeline_tests.sources.files.workbook import Cell, workbook
from aurora_pipeline_tests.sources.storm.strikes import Ground, Promise, Strike, number_of

Rows = list[list[str]]
How = Callable[["Sheet", Random], Strike | None]
_NO_NUMBERS: Final = (
    "abc",
    "#N/A",
    "=1+1",
    "1,5",
    "1 000",
    "NaN",
    "inf",
    "TRUE",
    "-5",
    "1e400",
    "x" * 300,
    "٣",
    "0x10",
)
_PART: Final = "xl/worksheets/sheet1.xml"
_PLAIN: Final = re.compile(r"[0-9]+\Z")


@dataclass(frozen=True)
class Sheet:
    """A good table, its header first, and which file it stands in."""

    rows: Sequence[Sequence[str]]
    separator: str | None = ","
    """What stands between the cells; None: it is a workbook."""
    epoch: str | None = None
    """The column that names the epoch."""
    listed_is_told: bool = False
    """Whether a row that is left out says something: that its validator has 0."""

    @property
    def body(self) -> bytes:
        """The file."""
        return self.file([list(row) for row in self.rows])

    def file(self, rows: Rows) -> bytes:
        """Rows as such a file."""
        if self.separator is None:
            return workbook([[_cell(text) for text in row] for row in rows])
        separator = self.separator
        return "".join(separator.join(_quoted(text, separator) for text in row) + "\n" for row in rows).encode()

    def strike(self, body: bytes, random: Random, ground: Ground) -> Strike:
        """The file with one change."""
        while True:
            # What takes long to pack is seldom tried.
            found = random.choice(_SELDOM if random.random() < 0.005 else _HOWS)(self, random)
            if found is not None and found.body != body:
                return found


def _cell(text: str) -> Cell:
    return ("n", text) if _PLAIN.match(text) else text


def _quoted(text: str, separator: str) -> str:
    return f'"{text}"' if separator in text or text != text.strip() else text


def _told(
    sheet: Sheet, how: str, promise: Promise, rows: Rows, column: int = 0, before: object = None, after: object = None
) -> Strike:
    name = sheet.rows[0][column] if column < len(sheet.rows[0]) else ""
    return Strike(how, promise, sheet.file(rows), ("rows", name), before, after, leaves_out=sheet.listed_is_told)


def _copy(sheet: Sheet) -> Rows:
    return [list(row) for row in sheet.rows]


def _place(sheet: Sheet, random: Random) -> tuple[int, int]:
    return random.randrange(1, len(sheet.rows)), random.randrange(len(sheet.rows[0]))


# What says the same ------------------------------------------------------------------------------------------------


def _rows_moved(sheet: Sheet, random: Random) -> Strike:
    header, *rows = _copy(sheet)
    random.shuffle(rows)
    return _told(sheet, "rows in another order", Promise.SAME, [header, *rows])


def _columns_moved(sheet: Sheet, random: Random) -> Strike:
    order = list(range(len(sheet.rows[0])))
    random.shuffle(order)
    return _told(sheet, "columns in another order", Promise.SAME, [[row[at] for at in order] for row in sheet.rows])


def _column_more(sheet: Sheet, random: Random) -> Strike:
    at, rows = random.randrange(len(sheet.rows[0]) + 1), _copy(sheet)
    for number, row in enumerate(rows):
        row.insert(at, random.choice(("", "7", "note", "#N/A")) if number else "zz new")
    return _told(sheet, "unknown column", Promise.SAME, rows)


def _rows_empty(sheet: Sheet, random: Random) -> Strike:
    rows = _copy(sheet)
    for _ in range(random.randrange(1, 4)):
        rows.insert(random.randrange(len(rows) + 1), [""] * len(rows[0]))
    return _told(sheet, "empty rows", Promise.SAME, rows)


def _written_otherwise(sheet: Sheet, random: Random) -> Strike:
    """Line ends, quotes, spaces and a byte order mark of a CSV; kinds of cells of a workbook."""
    how = "written otherwise"
    if sheet.separator is None:
        kind = random.choice(("n", "s", "str", "inlineStr"))
        cells = [[_as(text, kind) for text in row] for row in sheet.rows]
        return Strike(how, Promise.SAME, workbook(cells, random.choice(("Sheet1", "другой"))))
    pad, quote = random.choice(("", " ", "  ")), random.choice(("", '"'))
    lines = [sheet.separator.join(f"{quote}{pad}{text}{pad}{quote}" for text in row) for row in sheet.rows]
    end = random.choice(("\n", "\r\n"))
    text = random.choice(("", "\ufeff")) + end.join(lines) + random.choice(("", end, end * 3))
    return Strike(how, Promise.SAME, text.encode())


def _as(text: str, kind: str) -> Cell:
    if kind == "s" or (kind == "n" and not _PLAIN.match(text)):
        return text
    return (kind, text)


def _unplaced(sheet: Sheet, random: Random) -> Strike | None:
    """Cells that do not say where they stand, stand where they come."""
    if sheet.separator is not None or any("" in row for row in sheet.rows):
        return None
    return _in_part(sheet, "places left out", Promise.SAME, lambda xml: re.sub(r' r="[A-Z]*[0-9]+"', "", xml))


# What takes something away, or cannot be ---------------------------------------------------------------------------


def _row_dropped(sheet: Sheet, random: Random) -> Strike:
    rows = _copy(sheet)
    del rows[random.randrange(1, len(rows))]
    promise = Promise.ANOTHER if sheet.listed_is_told else Promise.SAME_OR_NONE
    return _told(sheet, "row dropped", promise, rows)


def _column_dropped(sheet: Sheet, random: Random) -> Strike:
    at = random.randrange(len(sheet.rows[0]))
    return _told(
        sheet,
        "column dropped",
        Promise.SAME_OR_NONE,
        [[*row[:at], *row[at + 1 :]] for row in sheet.rows],
        at,
    )


def _cell_emptied(sheet: Sheet, random: Random) -> Strike:
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    rows[line][at] = random.choice(("", " "))
    return _told(sheet, "cell emptied", Promise.SAME_OR_NONE, rows, at, before=sheet.rows[line][at])


def _header_renamed(sheet: Sheet, random: Random) -> Strike:
    rows, (_, at) = _copy(sheet), _place(sheet, random)
    rows[0][at] = random.choice(("", rows[0][at] + "x", rows[0][(at + 1) % len(rows[0])], "0"))
    return _told(sheet, "header renamed", Promise.SAME_OR_NONE, rows, at)


def _no_number(sheet: Sheet, random: Random) -> Strike | None:
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    before, after = rows[line][at], random.choice(_NO_NUMBERS)
    if not _PLAIN.match(before.replace(".", "", 1)):
        return None
    rows[line][at] = after
    return _told(sheet, "no number", Promise.SAME_OR_NONE, rows, at, before=before, after=after)


def _row_doubled(sheet: Sheet, random: Random) -> Strike:
    rows, line = _copy(sheet), random.randrange(1, len(sheet.rows))
    rows.insert(random.randrange(1, len(rows) + 1), list(rows[line]))
    return _told(sheet, "row doubled", Promise.SAME_OR_NONE, rows)


def _row_of_other_width(sheet: Sheet, random: Random) -> Strike:
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    if random.random() < 0.5:
        del rows[line][at:]
    else:
        rows[line].insert(at, random.choice(("", "7", "x")))
    # A workbook's cells say where they stand: a moved one is another figure, or none.
    # And a row of which nothing is left is one that is not listed.
    told = sheet.separator is None or (sheet.listed_is_told and not rows[line])
    promise = Promise.ANOTHER if told else Promise.SAME_OR_NONE
    return replace(_told(sheet, "row of another width", promise, rows, at), leaves_out=True)


def _other_epoch(sheet: Sheet, random: Random) -> Strike | None:
    if sheet.epoch is None:
        return None
    at = sheet.rows[0].index(sheet.epoch)
    rows, by = _copy(sheet), random.choice((-1, 1))
    for row in rows[1:]:
        row[at] = str(int(row[at]) + by)
    promise = Promise.ANOTHER if sheet.listed_is_told else Promise.SAME_OR_NONE
    return _told(sheet, "of another epoch", promise, rows, at)


def _bytes(sheet: Sheet, random: Random) -> Strike:
    body = sheet.body
    at = random.randrange(1, len(body))
    if sheet.separator is not None:
        cut = body[:at]
        last = cut.rpartition(b"\n")[2]
        # A last line that still has all of its cells looks whole, whatever is lost of the last of them.
        looks_whole = last.count(sheet.separator.encode()) == len(sheet.rows[0]) - 1 and bool(last)
        told = Strike("cut off in the last cell", Promise.ANOTHER, cut, leaves_out=True)
        if looks_whole:
            return told
        if sheet.listed_is_told:
            return replace(told, how="cut off")
    garbled = body[:at] + bytes([body[at] ^ (1 << random.randrange(8))]) + body[at + 1 :]
    found = random.choice((body[:at], body[at:], b"", b"\0" + body, body[:at] + b"\xff\xfe" + body[at:], garbled))
    # Another bit can make another digit; those of a workbook are summed up.
    promise = Promise.ANOTHER if found is garbled and sheet.separator is not None else Promise.SAME_OR_NONE
    return Strike("bytes cut off or garbled", promise, found, leaves_out=True)


def _open_quote(sheet: Sheet, random: Random) -> Strike | None:
    if sheet.separator is None:
        return None
    body = sheet.body
    at = random.randrange(len(body))
    return Strike("open quote", Promise.ANOTHER, body[:at] + b'"' + body[at:], leaves_out=True)


def _long_cell(sheet: Sheet, random: Random) -> Strike:
    """Small where it is packed."""
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    rows[line][at] = random.choice("0 x") * random.choice((40_000, 2_000_000))
    return _told(sheet, "a cell without end", Promise.SAME_OR_NONE, rows, at)


def _many_rows(sheet: Sheet, random: Random) -> Strike:
    """The same; what is in them is nothing, or next to nothing."""
    if sheet.separator is not None:
        row = random.choice(("\n", "\r\n", "x\n", "7\n", sheet.separator + "\n", '""\n'))
        return Strike("rows without end", Promise.SAME_OR_NONE, sheet.body + row.encode() * 60_000)
    row = random.choice(("<row/>", "<row><c/></row>", '<row r="7"><c r="A7"/><c r="Z7"/></row>'))
    return _in_part(
        sheet,
        "rows without end",
        Promise.SAME_OR_NONE,
        lambda xml: xml.replace("</sheetData>", row * 20_000 + "</sheetData>"),
    )


def _xml(sheet: Sheet, random: Random) -> Strike | None:
    """The sheet's XML with something that no spreadsheet writes."""
    if sheet.separator is not None:
        return None
    deep = random.choice((100, 5_000, 50_000))

    def cut(xml: str) -> str:
        return xml[: random.randrange(len(xml))]

    changes: Sequence[Callable[[str], str]] = (
        cut,
        lambda xml: f'<!DOCTYPE a [<!ENTITY b "c">]>{xml}',
        lambda xml: xml.replace("<v>", "<v>&lol;", 1),
        lambda xml: xml.replace("<sheetData>", "<sheetData>" + "<a>" * deep + "</a>" * deep, 1),
        lambda xml: xml.replace("<sheetData>", "<sheetData>" + "<row>" * deep, 1),
        lambda xml: xml.replace(' r="A1"', ' r="ZZZ1"', 1),
        lambda xml: xml.replace(' r="B2"', ' r="A2"', 1),
        lambda xml: xml.replace(' r="2"', f' r="{"9" * 5000}"', 1),
        lambda xml: xml.replace("<v>0</v>", "<v>99999</v>", 1),
        lambda xml: xml.replace("<v>0</v>", f"<v>{'9' * 5000}</v>", 1),
        lambda xml: xml.replace("<v>", "<v>\x01", 1),
        lambda xml: xml.replace("<row", "<wor"),
    )
    return _in_part(sheet, "broken XML", Promise.SAME_OR_NONE, random.choice(changes))


def _part_dropped(sheet: Sheet, random: Random) -> Strike | None:
    if sheet.separator is not None:
        return None
    parts = _parts(sheet.body)
    name = random.choice(sorted(parts))
    del parts[name]
    return Strike("part dropped", Promise.SAME_OR_NONE, _packed(parts), (name,))


def _in_part(sheet: Sheet, how: str, promise: Promise, change: Callable[[str], str]) -> Strike:
    parts = _parts(sheet.body)
    parts[_PART] = change(parts[_PART].decode()).encode()
    return Strike(how, promise, _packed(parts), (_PART,))


def _parts(body: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue()


# What tells another figure -----------------------------------------------------------------------------------------


def _number(sheet: Sheet, random: Random) -> Strike | None:
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    was = number_of(rows[line][at])
    if was is None:
        return None
    before = rows[line][at]
    rows[line][at] = str(random.choice((was + 1, was * 10, 0, was // 2, was + 10**9, 2**64, 10**30)))
    return _told(sheet, "another number", Promise.ANOTHER, rows, at, before=before, after=rows[line][at])


def _text(sheet: Sheet, random: Random) -> Strike | None:
    rows, (line, at) = _copy(sheet), _place(sheet, random)
    other = sheet.rows[random.randrange(1, len(rows))][at]
    before, rows[line][at] = rows[line][at], other
    return _told(sheet, "a cell of another row", Promise.ANOTHER, rows, at, before=before, after=other)


_HOWS: Final[Sequence[How]] = (
    _rows_moved,
    _columns_moved,
    _column_more,
    _rows_empty,
    _written_otherwise,
    _written_otherwise,
    _unplaced,
    _row_dropped,
    _column_dropped,
    _cell_emptied,
    _cell_emptied,
    _header_renamed,
    _no_number,
    _no_number,
    _row_doubled,
    _row_of_other_width,
    _other_epoch,
    _bytes,
    _bytes,
    _open_quote,
    _xml,
    _xml,
    _part_dropped,
    _number,
    _number,
    _text,
)
_SELDOM: Final[Sequence[How]] = (_long_cell, _many_rows)
