"""A file as a table: its rows, which are read from the bytes once, and where the columns of a mapping stand in it."""

from __future__ import annotations

import difflib
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.config.file_table import EPOCH_PLACE, SEPARATORS
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.cells import CellRow, csv_rows, xlsx_rows

_TEXT_MAX: Final = 200
_KEPT_FILES: Final = 4
_KEPT_CELLS_MAX: Final = 2_000_000
"""Files of more cells are read from their bytes each time: as text cells they would fill the memory."""
_kept: OrderedDict[tuple[str, ...], Sequence[CellRow]] = OrderedDict()


class NoColumnOfEpoch(FileProblem):
    """A file with a column per epoch has none of this epoch; of others it has."""


def table_rows(name: str, body: bytes, body_hash: str, mapping: Mapping[str, Any]) -> Iterator[CellRow]:
    """The rows of a file, the header among them, as its name and its mapping say.

    One file tells many epochs and several data types: what its bytes say is kept for those that come next.
    """
    key = (body_hash, str(is_xlsx(name)), str(mapping.get("sheet")), mapping.get("separator", "comma"))
    if (known := _kept.get(key)) is not None:
        _kept.move_to_end(key)
        yield from known
        return
    rows: list[CellRow] | None = []
    cells = 0
    for row in _read(name, body, mapping):
        cells += len(row[1])
        if rows is not None and cells <= _KEPT_CELLS_MAX:
            rows.append(row)
        else:
            rows = None
        yield row
    if rows is not None:
        _kept[key] = rows
        while len(_kept) > _KEPT_FILES:
            _kept.popitem(last=False)


def _read(name: str, body: bytes, mapping: Mapping[str, Any]) -> Iterator[CellRow]:
    if is_xlsx(name):
        return xlsx_rows(body, mapping.get("sheet"))
    return csv_rows(body, SEPARATORS[mapping.get("separator", "comma")])


def is_xlsx(name: str) -> bool:
    """Whether a file is a workbook, by its name."""
    return name.lower().endswith(".xlsx")


def found_columns(
    rows: Iterator[CellRow], name: str, columns: Mapping[str, Mapping[str, str]], epoch: EpochNumber | None
) -> tuple[int | None, dict[str, int]]:
    """How many cells each row has (None: XLSX, whose cells say where they stand), and where each field's column is.

    The header is the first row that is not empty. A column whose name has `{epoch}` in it is that of the epoch; without
    one (None) any such column will do.
    """
    header = next(([cell.strip() for cell in cells] for _, cells in rows if any(cells)), [])
    places = {field: _place(field, column["column"].strip(), header, epoch) for field, column in columns.items()}
    return None if is_xlsx(name) else len(header), places


def epochs_of(header: Sequence[str], template: str) -> dict[int, str]:
    """The epochs that a file with a column per epoch has, each with its column's name."""
    before, _, after = template.partition(EPOCH_PLACE)
    pattern = re.compile(f"{re.escape(before)}([0-9]+){re.escape(after)}")
    return {int(match.group(1)): cell for cell in header if (match := pattern.fullmatch(cell)) is not None}


def _place(field: str, wanted: str, header: Sequence[str], epoch: EpochNumber | None) -> int:
    if EPOCH_PLACE in wanted:
        epochs = epochs_of(header, wanted)
        if epochs and epoch is not None and epoch not in epochs:
            raise NoColumnOfEpoch(f"has no column {wanted.replace(EPOCH_PLACE, str(epoch))!r}")
        chosen = epoch if epoch is not None else max(epochs, default=None)
        wanted = epochs.get(chosen, wanted) if chosen is not None else wanted
    if header.count(wanted) != 1:
        problem = "stands twice in its header" if wanted in header else f"is not in its header{_hint(wanted, header)}"
        raise FileProblem(f"the column {wanted!r} ({field}) {problem}")
    return header.index(wanted)


def _hint(wanted: str, header: Sequence[str]) -> str:
    for separator, sign in SEPARATORS.items():
        if len(header) == 1 and sign in header[0]:
            return (
                f", which is one cell; it seems to be separated by {separator}: add separator: {separator} to the file"
            )
    near = difflib.get_close_matches(wanted, header, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(header)[:_TEXT_MAX] or 'no header'}"
