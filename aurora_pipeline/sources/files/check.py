"""Are the operator's own files there, can all of their rows be read, and which of our validators do they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from aurora_pipeline.asking.file_line import bytes_of, request_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FileTable
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.mistakes import Mistake
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.answers import read_listed
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.sources.files.epochs import epochs_in, names_of
from aurora_pipeline.sources.files.listed import Asked, Listed
from aurora_pipeline.sources.files.mistakes import in_words
from aurora_pipeline.sources.files.periods import read_bounds
from aurora_pipeline.store.payloads.answers import Answer

FILES_CHECKED_MAX: Final = 50
"""Of one file per epoch so many are opened, the newest epochs first: who checks does not want to wait for years."""


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

    family: Family
    asked: Asked = field(default_factory=dict)


def check_files(provider: Provider, ours: Ours) -> FilesChecked:
    """Read every file that is there as a run would, and count the validators of ours; never raises for a file."""
    if not provider.folder.is_dir():
        return FilesChecked((), (f"there is no folder {provider.shown_url}",))
    looked_at: list[str] = []
    problems: list[str] = []
    warnings: list[str] = []
    for table in provider.files:
        names = names_of(provider, table)
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


@dataclass
class _Read:
    """What a data type's files said in a dry run."""

    newest: int | None = None
    epochs: int = 0
    listed: int | None = None
    """How many validators; None of files that list none."""
    ours: int = 0
    warnings: dict[str, None] = field(default_factory=dict)

    def add(self, epoch: EpochNumber, listed: Listed[Any], asked: Asked) -> None:
        """Count what a file lists in an epoch."""
        self.warnings |= dict.fromkeys(listed.warnings(asked) if asked else listed.remarks)
        if self.count(epoch):
            self.listed = len(listed)
            self.ours = sum(listed.lists(key, identities) for key, identities in asked.items())

    def count(self, epoch: EpochNumber) -> bool:
        """Count an epoch; whether it is the newest so far."""
        self.epochs += 1
        is_newest = self.newest is None or epoch > self.newest
        self.newest = epoch if is_newest else self.newest
        return is_newest

    def in_words(self, registered: int) -> str:
        """How much they have of the newest epoch."""
        if self.newest is None:
            return "nothing of any epoch"
        ours = f", {self.ours} of your {registered}" if registered and self.listed is not None else ""
        more = f" (and {self.epochs - 1} more epoch{'s' if self.epochs > 2 else ''})" if self.epochs > 1 else ""
        who = "" if self.listed is None else f"{self.listed} validators in "
        return f"{who}epoch {self.newest}{ours}{more}"


def _dry_run(provider: Provider, table: FileTable, name: str, ours: Ours, read: _Read) -> str | None:
    """Read all of a file as a run would, every epoch in it; what is wrong with it."""
    body = bytes_of(provider, name)
    wrong: list[Mistake] = []
    for epoch in epochs_in(table, name, body, ours.family):
        question = question_about(table, epoch, ours.family)
        answer = Answer(question.key, request_of(question), 200, {}, body, datetime.now(UTC), question=question.kind)
        try:
            if table.data_type is DataType.PERIOD:
                read_bounds(answer, provider.name)
                read.count(epoch)
                continue
            listed = read_listed(answer, provider.name, table.data_type)
        except UnreadableAnswer as error:
            return error.problem
        # Before any validator is registered, any of them may be ours.
        wrong += listed.mistakes_about(ours.asked or None)
        read.add(epoch, listed, ours.asked)
    # A row without a readable epoch is met in each of them.
    once = sorted(dict.fromkeys(wrong), key=lambda one: one.line or 0)
    return in_words(once, at_most=len(once)) if once else None


def _in_words(names: list[str], there: int) -> str:
    left = f", not the {there - len(names)} older ones" if there > len(names) else ""
    return f"{listed(names)}{left}"
