"""Are the operator's own files there, can they be opened, and do they have the columns that are named for them."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from aurora_pipeline.asking.file_line import bytes_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.config.file_table import EPOCH_PLACE, FileTable
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.chain_family import Family
from aurora_pipeline.sources.files.answers import found_columns, table_rows

FILES_CHECKED_MAX: Final = 50
"""Of one file per epoch so many are opened, the newest epochs first: who checks does not want to wait for years."""
_NAMES_SHOWN: Final = 3


@dataclass(frozen=True)
class FilesChecked:
    """What was opened, and what is wrong with it."""

    looked_at: tuple[str, ...]
    problems: tuple[str, ...]


def check_files(provider: Provider) -> FilesChecked:
    """Open every file that is there and look for its columns; never raises for a file."""
    if not provider.folder.is_dir():
        return FilesChecked((), (f"there is no folder {provider.shown_url}",))
    looked_at, problems = [], []
    for table in provider.files:
        names = _names(provider, table)
        checked = names[:FILES_CHECKED_MAX]
        if not names:
            problems.append(f"there is no file {table.path} for {table.data_type.value}")
            continue
        looked_at.append(f"{table.data_type.value}: {_in_words(checked, len(names))}")
        for name in checked:
            try:
                _check(provider, table, name)
            except FileProblem as problem:
                problems.append(f"{name} ({table.data_type.value}): {problem}")
    return FilesChecked(tuple(looked_at), tuple(problems))


def _names(provider: Provider, table: FileTable) -> list[str]:
    """The table's files, as paths within the folder: the one it names, or those of all epochs, the newest first."""
    path = PurePosixPath(table.path).as_posix()
    parts = path.split(EPOCH_PLACE)
    if len(parts) == 1:
        return [path]
    # Only digits stand for an epoch, and everything else in a path for itself.
    pattern = re.compile("([0-9]+)" + re.escape(parts[1]) + "".join(rf"\1{re.escape(part)}" for part in parts[2:]))
    found = {}
    for place in provider.folder.glob("*".join(map(glob.escape, parts))):
        name = place.relative_to(provider.folder).as_posix()
        match = pattern.fullmatch(name, len(parts[0]))
        if match is not None:
            found[name] = int(match.group(1))
    return sorted(found, key=lambda name: found[name], reverse=True)


def _check(provider: Provider, table: FileTable, name: str) -> None:
    # Which family's units and addresses a file has does not matter to its header.
    mapping = table.as_request(Family.SOLANA)
    columns = {field: {"column": column.column} for field, column in table.columns.items()}
    found_columns(table_rows(name, bytes_of(provider, name), mapping), name, columns)


def _in_words(names: list[str], there: int) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    left = f", not the {there - len(names)} older ones" if there > len(names) else ""
    return f"{shown}{more}{left}"
