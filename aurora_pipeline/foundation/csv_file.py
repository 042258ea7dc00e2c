"""CSV files written by people: named columns, line numbers, and every mistake shown at once."""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from aurora_pipeline.foundation.errors import FileUnreadable, ImportRefused
from aurora_pipeline.foundation.free_text import unprintable
from aurora_pipeline.foundation.given_file import TooMuch, read_given
from aurora_pipeline.foundation.mistakes import Mistakes

_FORMULA = re.compile("'*[=+@-]")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")
FIRST_YEAR = 2009
"""No chain is older: an earlier date is a slip of the keyboard, and would reach back over every period there is."""
_COLUMNS_MAX = 1_000
Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class CsvLine:
    """One row of a file: its line number and its cells by column name, stripped."""

    number: int
    cells: Mapping[str, str]


class CsvMistakes(Mistakes):
    """The mistakes of one CSV file, collected before anything is written."""

    def parse(self, line: CsvLine, column: str, read: Callable[[str], Parsed]) -> Parsed | None:
        """The cell as `read` understands it; a ValueError becomes a mistake and the answer None."""
        try:
            return read(line.cells[column])
        except ValueError as error:
            self.add(line.number, str(error), column)
            return None

    def raise_if_any(self) -> None:
        """Refuse the whole file if anything is wrong with it."""
        if self.found:
            raise ImportRefused(self.found)


def read_text(path: Path) -> str:
    """A file's text (UTF-8, with or without a byte order mark), bounded in size."""
    try:
        return read_given(path).decode("utf-8-sig")
    except TooMuch as problem:
        raise FileUnreadable(f"{path} {problem}", "name the file that was meant, or split it") from None
    except OSError as error:
        raise FileUnreadable(f"{path} can't be read: {error.strerror}", "check the path") from None
    except UnicodeDecodeError:
        raise FileUnreadable(f"{path} is no UTF-8 text", "save it as CSV in UTF-8") from None


def read_lines(
    text: str, file_name: str, required: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[CsvLine], CsvMistakes]:
    """The rows of a CSV text with a header. Unknown, missing and doubled columns are mistakes."""
    mistakes = CsvMistakes(file_name)
    # newline="" leaves line ends to the csv module, as it wants; strict makes an open quote a mistake, not a huge cell.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        mistakes.add(reader.line_num, f"is no CSV: {error}; check quotes and commas")
        return [], mistakes
    header = [name.strip() for name in rows[0][1]] if rows else []
    if len(header) > _COLUMNS_MAX:
        mistakes.add(1, f"it has {len(header)} columns, and no such file has more than {_COLUMNS_MAX}")
        return [], mistakes
    known = [*required, *optional]
    other = next((mark for mark in ";\t|" if len(header) == 1 and required[0] in header[0].split(mark)), None)
    if other is not None and len(known) > 1:
        shown = {";": "semicolons", "\t": "tabs", "|": "bars"}[other]
        mistakes.add(1, f"its columns are separated by {shown}: save it with commas between the columns")
        return [], mistakes
    for name in header:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}"
            mistakes.add(1, f"unknown column {name!r}; {hint}")
    for name in required:
        if name not in header:
            mistakes.add(1, f"the column {name!r} is missing")
    if len(set(header)) < len(header):
        mistakes.add(1, "a column name stands twice in the header")
    if mistakes.found:
        return [], mistakes
    lines = []
    for number, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            mistakes.add(number, f"{len(cells)} cells under {len(header)} columns")
            continue
        letter = unprintable("".join(cells))
        if letter is not None:
            mistakes.add(number, f"a cell holds {letter}, which does not print: remove it")
            continue
        named = dict.fromkeys(optional, "") | dict(zip(header, map(_meant, cells), strict=True))
        lines.append(CsvLine(number, named))
    return lines, mistakes


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """CSV text with a header; nulls are empty cells."""
    return csv_text(columns, ([row[name] for name in columns] for row in rows))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """As `write_csv`, of rows whose columns need no names of their own."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if value is None else _cell(value) for value in row])
    return buffer.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return instant_text(value)
    # A spreadsheet would compute what begins like a formula; an apostrophe before it makes it text there.
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.match(value) else value


def _meant(cell: str) -> str:
    """A cell as it is meant, without the apostrophe that `write_csv` and spreadsheets put before a formula."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and _FORMULA.match(text) and not _NUMBER.match(text[1:]) else text


def instant_text(instant: datetime) -> str:
    """An instant as people write it: a date where it is midnight UTC, else with its time."""
    utc = instant.astimezone(UTC)
    if utc == utc.replace(hour=0, minute=0, second=0, microsecond=0):
        return utc.date().isoformat()
    return utc.isoformat().replace("+00:00", "Z")


def read_instant(text: str) -> datetime:
    """A date (00:00 UTC) or an ISO instant with a time zone; raises ValueError otherwise."""
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            instant = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date; write 2026-09-01 or 2026-09-01T12:00:00Z") from None
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; write it like 2026-09-01T12:00:00Z")
    if instant.year < FIRST_YEAR:
        raise ValueError(f"{text!r} lies before every chain; the first year that can be meant is {FIRST_YEAR}")
    return instant.astimezone(UTC)


def read_open_instant(text: str) -> datetime | None:
    """As `read_instant`; an empty cell leaves the range open."""
    return read_instant(text) if text else None


def required_text(text: str) -> str:
    """The text, which must not be empty."""
    if not text:
        raise ValueError("must not be empty")
    return text
