"""Are the operator's own files there, can all of their rows be read, and which of our validators do they have."""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final

from aurora_pipeline.asking.file_line import bytes_of, request_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.file_table import EPOCH_PLACE, FileTable
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.foundation.chain_family import Family
from aurora_pipeline.sources.files.answers import read_listed
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.sources.files.listed import Asked, Listed
from aurora_pipeline.sources.files.mistakes import Mistake, in_words
from aurora_pipeline.sources.files.table import epochs_of, found_columns, table_rows
from aurora_pipeline.store.digests import body_hash
from aurora_pipeline.store.payloads import Answer

FILES_CHECKED_MAX: Final = 50
"""Of one file per epoch so many are opened, the newest epochs first: who checks does not want to wait for years."""
_NAMES_SHOWN: Final = 3
_DIGITS_MAX: Final = 16


@dataclass(frozen=True)
class FilesChecked:
    """What was opened, and what is wrong with it."""

    looked_at: tuple[str, ...]
    problems: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    """What looks odd in them, and holds nothing back."""


@dataclass(frozen=True)
class Ours:
    """What a provider's files are to tell about: the family of their chain, and every validator registered there."""

    family: Family = Family.SOLANA
    asked: Asked = field(default_factory=dict)


def check_files(provider: Provider, ours: Ours) -> FilesChecked:
    """Read every file that is there as a run would, and count the validators of ours; never raises for a file."""
    if not provider.folder.is_dir():
        return FilesChecked((), (f"there is no folder {provider.shown_url}",))
    looked_at: list[str] = []
    problems: list[str] = []
    warnings: list[str] = []
    for table in provider.files:
        names = _names(provider, table)
        checked, read, kind = names[:FILES_CHECKED_MAX], _Read(), table.data_type.value
        if not names:
            problems.append(f"there is no file {table.path} for {kind}")
            continue
        for name in checked:
            try:
                problem = _dry_run(provider, table, name, ours, read)
            except FileProblem as error:
                problem = str(error)
            problems += [] if problem is None else [f"{name} ({kind}): {problem}"]
        looked_at.append(f"{kind}: {_in_words(checked, len(names))}: {read.in_words(len(ours.asked))}")
        warnings += [f"{kind}: {words}" for words in read.warnings]
    return FilesChecked(tuple(looked_at), tuple(problems), tuple(warnings))


def _names(provider: Provider, table: FileTable) -> list[str]:
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


@dataclass
class _Read:
    """What a data type's files said in a dry run."""

    newest: int | None = None
    epochs: int = 0
    listed: int = 0
    ours: int = 0
    warnings: dict[str, None] = field(default_factory=dict)

    def add(self, epoch: int, listed: Listed[Any], asked: Asked) -> None:
        """Count what a file lists in an epoch."""
        self.epochs += 1
        self.warnings |= dict.fromkeys(listed.warnings(asked) if asked else listed.remarks)
        if self.newest is None or epoch > self.newest:
            self.newest, self.listed = epoch, len(listed)
            self.ours = sum(listed.lists(key, identities) for key, identities in asked.items())

    def in_words(self, registered: int) -> str:
        """How much they have of the newest epoch."""
        if self.newest is None:
            return "nothing of any epoch"
        ours = f", {self.ours} of your {registered}" if registered else ""
        more = f" (and {self.epochs - 1} more epochs)" if self.epochs > 1 else ""
        return f"{self.listed} validators in epoch {self.newest}{ours}{more}"


def _dry_run(provider: Provider, table: FileTable, name: str, ours: Ours, read: _Read) -> str | None:
    """Read all of a file as a run would, every epoch in it; what is wrong with it."""
    body = bytes_of(provider, name)
    wrong: list[Mistake] = []
    for epoch in _epochs_in(table, name, body, ours.family):
        question = question_about(table, epoch, ours.family)
        answer = Answer(question.key, request_of(question), 200, {}, body, datetime.now(UTC))
        try:
            listed = read_listed(answer, provider.name, table.data_type)
        except UnreadableAnswer as error:
            return error.problem
        # Before any validator is registered, any of them may be ours.
        wrong += listed.mistakes_about(ours.asked or None)
        read.add(epoch, listed, ours.asked)
    # A row without a readable epoch is met in each of them.
    once = sorted(dict.fromkeys(wrong), key=lambda one: one.row)
    return in_words(once, ranges=len(once)) if once else None


def _epochs_in(table: FileTable, name: str, body: bytes, family: Family) -> list[int]:
    """The epochs that a file tells: by its name, by its column of epochs, or by its columns."""
    if (pattern := _pattern(table.path)) is not None and (match := pattern.fullmatch(name)) is not None:
        return [int(match.group(1))]
    mapping = table.as_request(family)
    columns = {field: {"column": column.column} for field, column in table.columns.items()}
    rows = table_rows(name, body, body_hash(body), mapping)
    header = next(([cell.strip() for cell in cells] for _, cells in rows if any(cells)), [])
    _, places = found_columns(iter([(1, header)]), name, columns, None)
    if "epoch" not in places:
        wide = next(column.column for column in table.columns.values() if EPOCH_PLACE in column.column)
        return sorted(epochs_of(header, wide))
    cells = {row[places["epoch"]].strip() for _, row in rows if len(row) > places["epoch"]}
    known = sorted(int(text) for text in cells if text.isascii() and text.isdigit() and len(text) < _DIGITS_MAX)
    # Without any the rows are read all the same: what is wrong with them should show.
    return known or [0]


def _in_words(names: list[str], there: int) -> str:
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    left = f", not the {there - len(names)} older ones" if there > len(names) else ""
    return f"{', '.join(names[:_NAMES_SHOWN])}{more}{left}"
