"""Which epochs the operator's files tell: by their names, by a column of epochs, or by a column per epoch."""

from __future__ import annotations

import glob
import re
from pathlib import PurePosixPath
from typing import Final

from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import EPOCH_PLACE, FileTable
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.table import epochs_of, found_columns, table_rows
from aurora_pipeline.store.digests import body_hash

_DIGITS_MAX: Final = 16


def names_of(provider: Provider, table: FileTable) -> list[str]:
    """The table's files, as paths within the folder: the one it names, or those of all epochs, the newest first."""
    path, pattern = PurePosixPath(table.path).as_posix(), _pattern(table.path)
    if pattern is None:
        return [path]
    found = {}
    for place in provider.folder.glob("*".join(map(glob.escape, path.split(EPOCH_PLACE)))):
        name = place.relative_to(provider.folder).as_posix()
        if (match := pattern.fullmatch(name)) is not None:
            found[name] = int(match.group(1))
    return sorted(found, key=lambda name: found[name], reverse=True)


def _pattern(path: str) -> re.Pattern[str] | None:
    """What the names of files of one epoch look like; None where one file tells many."""
    parts = PurePosixPath(path).as_posix().split(EPOCH_PLACE)
    if len(parts) == 1:
        return None
    # Only digits stand for an epoch, and everything else in a path for itself.
    first, second, *others = map(re.escape, parts)
    return re.compile(f"{first}([0-9]+){second}" + "".join(rf"\1{part}" for part in others))


def epochs_in(table: FileTable, name: str, body: bytes, family: Family) -> list[EpochNumber]:
    """The epochs that a file tells: by its name, by its column of epochs, or by its columns."""
    if (pattern := _pattern(table.path)) is not None and (match := pattern.fullmatch(name)) is not None:
        return [EpochNumber(int(match.group(1)))]
    mapping = table.as_request(family)
    columns = {field: {"column": column.column} for field, column in table.columns.items()}
    rows = table_rows(name, body, body_hash(body), mapping)
    header = next(([cell.strip() for cell in cells] for _, cells in rows if any(cells)), [])
    _, places = found_columns(iter([(1, header)]), name, columns, None)
    if "epoch" not in places:
        wide = next(column.column for column in table.columns.values() if EPOCH_PLACE in column.column)
        return sorted(map(EpochNumber, epochs_of(header, wide)))
    cells = {row[places["epoch"]].strip() for _, row in rows if len(row) > places["epoch"]}
    known = sorted(
        EpochNumber(int(text)) for text in cells if text.isascii() and text.isdigit() and len(text) < _DIGITS_MAX
    )
    # Without any the rows are read all the same: what is wrong with them should show.
    return known or [EpochNumber(0)]
