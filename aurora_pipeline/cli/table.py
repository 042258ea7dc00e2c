"""How a table is laid out in some width: no number is ever cut or broken, no column vanishes, nothing is left out.

A table that fits has borders. One that does not loses, in this order: its borders, the middle of its addresses, its
empty columns; its prose goes below each row; then it is printed in parts that each begin with its first column. Where
two columns do not fit, or few rows have prose, it is printed as cards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.cells import cell_len, chop_cells

_NUMBER: Final = re.compile(r"[(+-]*[0-9][0-9.,:]*[),;]*\Z")
_ADDRESS: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[A-Za-z])(?:0x)?[0-9A-Za-z]{32,}(?![0-9A-Za-z])")
_KEPT_OF_ADDRESS: Final = 4
_PROSE_WIDTH: Final = 24
"""Prose in narrower columns is hard to read."""
_WORDS_WIDTH: Final = 44
"""Names up to this width, which is an address's, stay on one line."""
_WORD_WIDTH: Final = 48
"""Words up to this width, an address with signs around it, are not broken: what is to be copied stays in one piece."""
_CARDS_MAX: Final = 5
"""Up to this many rows with prose are easier to read one below the other than in parts."""
_GAP: Final = "  "
_INDENT: Final = "    "
NOTHING: Final = "-"
"""What stands where there is nothing to say."""
PrintedRow = tuple[str, ...]


@dataclass(frozen=True)
class PrintedColumn:
    """A column: its title, and whether it holds numbers (to the right, never broken) or prose (wrapped at words)."""

    title: str
    is_number: bool = False
    is_prose: bool = False


@dataclass(frozen=True)
class PrintedLine:
    """A line of a table as it is printed."""

    text: str
    is_head: bool = False


@dataclass(frozen=True)
class _Grid:
    columns: tuple[PrintedColumn, ...]
    rows: tuple[PrintedRow, ...]

    def cells(self, place: int) -> list[str]:
        return [row[place] for row in self.rows]

    def only(self, places: Sequence[int]) -> _Grid:
        return _Grid(
            tuple(self.columns[place] for place in places),
            tuple(tuple(row[place] for place in places) for row in self.rows),
        )


def layout(columns: Sequence[PrintedColumn], rows: Sequence[PrintedRow], width: int) -> list[PrintedLine]:
    """The lines of a table in a width; only a number that is wider itself makes a line wider."""
    whole = _Grid(tuple(columns), tuple(rows))
    short = replace(whole, rows=tuple(tuple(shortened(cell) for cell in row) for row in rows))
    filled = short.only([place for place in range(len(columns)) if place == 0 or any(map(_says, short.cells(place)))])
    for grid, has_borders in ((whole, True), (whole, False), (short, False), (filled, False)):
        widths = _fitted(grid, width - _overhead(len(grid.columns), has_borders))
        if widths is not None:
            return _bordered(grid, widths) if has_borders else _plain(grid, widths, [()] * len(rows))
    told = [place for place, column in enumerate(filled.columns) if place == 0 or not column.is_prose]
    has_prose = len(told) < len(filled.columns)
    rest = filled.only(told)
    notes = [_notes(filled, row, width) for row in filled.rows]
    if has_prose and _fits(rest, width):
        return _plain(rest, _widths(rest, width), notes)
    parts = None if has_prose and len(rows) <= _CARDS_MAX else _parts(rest, width, notes)
    return _cards(filled, width) if parts is None else parts


def shortened(text: str) -> str:
    """The text with its long addresses and hashes as their first and last letters."""
    return _ADDRESS.sub(lambda found: f"{found[0][:_KEPT_OF_ADDRESS]}…{found[0][-_KEPT_OF_ADDRESS:]}", text)


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of a width, broken at blanks; only a longer word is broken itself, and no number is."""
    lines = [""]
    for word in (piece for whole in text.split() for piece in _pieces(whole, width)):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _pieces(word: str, width: int) -> list[str]:
    return [word] if cell_len(word) <= width or _NUMBER.match(word) else chop_cells(word, width)


def _overhead(count: int, has_borders: bool) -> int:
    """The letters of a line that belong to no column."""
    return 3 * count + 1 if has_borders else len(_GAP) * (count - 1)


def _fitted(grid: _Grid, room: int) -> list[int] | None:
    """A width for each column that together fill at most the room; None where the least they need is more."""
    wanted = [_widest([column.title, *grid.cells(place)]) for place, column in enumerate(grid.columns)]
    widths = [min(wide, _least(grid, place)) for place, wide in enumerate(wanted)]
    left = room - sum(widths)
    if left < 0:
        return None
    while left and (short := [place for place, wide in enumerate(wanted) if widths[place] < wide]):
        for place in short[:left]:
            widths[place] += 1
        left -= len(short[:left])
    return widths


def _least(grid: _Grid, place: int) -> int:
    """The least width in which a column reads well."""
    column, cells = grid.columns[place], grid.cells(place)
    head = _widest(column.title.split() or [""])
    if column.is_number:
        return max(head, _widest(cells))
    words = [word for cell in cells for word in cell.split()]
    whole = _widest([word for word in words if _NUMBER.match(word) or cell_len(word) <= _WORD_WIDTH])
    return max(head, whole, min(_widest(cells), _PROSE_WIDTH if column.is_prose else _WORDS_WIDTH))


def _widest(texts: Sequence[str]) -> int:
    return max((cell_len(text) for text in texts), default=0)


def _notes(grid: _Grid, row: PrintedRow, width: int) -> list[PrintedLine]:
    """What the prose of a row says, as lines below it."""
    lines = []
    for column, cell in list(zip(grid.columns, row, strict=True))[1:]:
        if column.is_prose and _says(cell):
            text = f"{column.title}: {cell}" if column.title else cell
            lines += [PrintedLine(_INDENT + piece) for piece in wrapped(text, max(width - len(_INDENT), 1))]
    return lines


def _widths(grid: _Grid, width: int) -> list[int]:
    """The widths of a table's columns without borders, which are known to fit."""
    widths = _fitted(grid, width - _overhead(len(grid.columns), False))
    assert widths is not None
    return widths


def _parts(grid: _Grid, width: int, notes: Sequence[Sequence[PrintedLine]]) -> list[PrintedLine] | None:
    """The table side by side in parts, each with the first column; None where not even two columns fit.

    What is to be noted below each row stands in the last one.
    """
    first, *others = (_least(grid, place) for place in range(len(grid.columns)))
    room = width - first
    if not others or max(others) + len(_GAP) > room:
        return None
    count = len(_filled(others, room))
    # As even as it goes, so that no column stands alone below a full part.
    room = next(less for less in range(max(others) + len(_GAP), room + 1) if len(_filled(others, less)) == count)
    lines: list[PrintedLine] = []
    parts = _filled(others, room)
    for number, places in enumerate(parts, start=1):
        part = grid.only([0, *(place + 1 for place in places)])
        below = notes if number == len(parts) else [()] * len(notes)
        lines += [*([PrintedLine("")] if lines else []), *_plain(part, _widths(part, width), below)]
    return lines


def _fits(grid: _Grid, width: int) -> bool:
    return _fitted(grid, width - _overhead(len(grid.columns), False)) is not None


def _filled(widths: Sequence[int], room: int) -> list[list[int]]:
    """The places of some widths in order, as many to a part as there is room for."""
    parts: list[list[int]] = [[]]
    left = room
    for place, wide in enumerate(widths):
        if wide + len(_GAP) > left and parts[-1]:
            parts.append([])
            left = room
        parts[-1].append(place)
        left -= wide + len(_GAP)
    return parts


def _bordered(grid: _Grid, widths: Sequence[int]) -> list[PrintedLine]:
    def rule(left: str, dash: str, crossing: str, right: str) -> PrintedLine:
        return PrintedLine(left + crossing.join(dash * (wide + 2) for wide in widths) + right)

    def framed(bar: str) -> Callable[[list[str]], str]:
        return lambda cells: f"{bar} {f' {bar} '.join(cells)} {bar}"

    head = _row_lines(grid, tuple(column.title for column in grid.columns), widths, framed("┃"))
    body = [PrintedLine(text) for row in grid.rows for text in _row_lines(grid, row, widths, framed("│"))]
    return [
        rule("┏", "━", "┳", "┓"),
        *(PrintedLine(text, is_head=True) for text in head),
        rule("┡", "━", "╇", "┩"),
        *body,
        rule("└", "─", "┴", "┘"),
    ]


def _plain(grid: _Grid, widths: Sequence[int], notes: Sequence[Sequence[PrintedLine]]) -> list[PrintedLine]:
    head = _row_lines(grid, tuple(column.title for column in grid.columns), widths, _GAP.join)
    lines = [PrintedLine(text.rstrip(), is_head=True) for text in head]
    for row, below in zip(grid.rows, notes, strict=True):
        lines += [*(PrintedLine(text.rstrip()) for text in _row_lines(grid, row, widths, _GAP.join)), *below]
    return lines


def _row_lines(grid: _Grid, row: PrintedRow, widths: Sequence[int], joined: Callable[[list[str]], str]) -> list[str]:
    """A row as lines: what does not fit into its column goes on below."""
    cells = [wrapped(cell, wide) for cell, wide in zip(row, widths, strict=True)]
    height = max(len(cell) for cell in cells)
    return [
        joined(
            [
                _padded(cell[line] if line < len(cell) else "", wide, column.is_number)
                for cell, wide, column in zip(cells, widths, grid.columns, strict=True)
            ]
        )
        for line in range(height)
    ]


def _says(cell: str) -> bool:
    return cell not in ("", NOTHING)


def _padded(text: str, width: int, to_right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if to_right else text + blanks


def _cards(grid: _Grid, width: int) -> list[PrintedLine]:
    """A block per row: each column's title and its value; a number that does not fit stands below its title."""
    indent = _widest([column.title for column in grid.columns]) + len(_GAP)
    lines: list[PrintedLine] = []
    for row in grid.rows:
        lines += [PrintedLine("")] if lines else []
        for place, (column, cell) in enumerate(zip(grid.columns, row, strict=True)):
            title = column.title or "and"
            for number, text in enumerate(wrapped(cell, max(width - indent, 1)) if _says(cell) else []):
                first = title if number == 0 else ""
                is_beside = indent + cell_len(text) <= width
                shown = f"{first:<{indent}}{text}" if is_beside else text
                lines += [] if is_beside or not first else [PrintedLine(first)]
                lines.append(PrintedLine(shown, is_head=place == 0))
    return lines
