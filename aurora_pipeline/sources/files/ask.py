"""Files the operator already has, as a provider: for any data type, past epochs nobody observed among them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aurora_pipeline.asking.adapter import (
    EVERYONE,
    Answer,
    Ask,
    Fetched,
    FetchScope,
    FileAbsent,
    FileTrouble,
    ProviderDown,
    Question,
)
from aurora_pipeline.asking.reading import UnreadableAnswer, UnreadableFile
from aurora_pipeline.asking.verdict import final, not_listed, partly_listed, unavailable, useless_file
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FileTable
from aurora_pipeline.config.provider import FILE_KIND
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.answers import FileMeta, FilePosition, read_listed, read_meta, read_positions
from aurora_pipeline.sources.files.lacking import lack_of
from aurora_pipeline.sources.files.listed import Listed, NotFound

_TOGETHER = frozenset({DataType.META.value, DataType.COSTS.value})


class OwnFiles:
    """The adapter of kind file. Without tables it only reads answers that were stored before."""

    kind = FILE_KIND
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str, tables: Sequence[FileTable] | None = None) -> None:
        self._provider = provider
        self._tables = {table.data_type.value: table for table in tables or ()}
        self.serves = (
            frozenset(role.value for role in ROLES) if tables is None else frozenset(self._tables) & frozenset(ROLES)
        )

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Read the file of the epoch. A file that is not there, or has no such row, says nothing about the figure."""
        if data_type not in self._tables:
            raise ValueError(f"{self._provider} has no file for {data_type}")
        keys = [one.validator_key for one in scope.validators]
        subjects = [EVERYONE] if data_type in _TOGETHER else keys
        try:
            answers = await ask([question_about(self._tables[data_type], scope.epoch, scope.family)])
        except ProviderDown as error:
            trouble = FileTrouble.ABSENT if isinstance(error, FileAbsent) else FileTrouble.REFUSED
            return [useless_file(subject, trouble, str(error)) for subject in subjects]
        asked = {one.validator_key: one.identities for one in scope.validators}
        try:
            listed = read_listed(answers[0], self._provider, data_type)
            if (problem := listed.refusal(asked)) is not None:
                raise UnreadableFile(self._provider, answers[0].request_key, str(answers[0].request["path"]), problem)
        except UnreadableAnswer as error:
            return [useless_file(subject, FileTrouble.REFUSED, error.message, answers) for subject in subjects]
        told = {key: listed.find(key, identities) for key, identities in asked.items()}
        lacking = {key: found for key, found in told.items() if isinstance(found, NotFound)}
        if subjects == [EVERYONE]:
            return [_of_everyone(data_type, keys, listed, lacking, answers, scope.epoch)]
        return [
            _untold(key, lacking[key], listed, answers, scope.epoch)
            if key in lacking
            else _told(key, lack_of(DataType(data_type), told[key]), answers)
            for key in keys
        ]

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: a file is not the running period."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: a file does not change by waiting."""
        return None

    def promised_costs(self, data_type: str) -> frozenset[str]:
        """Every type of cost that the mapping names a column for."""
        table = self._tables.get(DataType.COSTS.value) if data_type == DataType.COSTS else None
        return frozenset() if table is None else frozenset(table.columns) - {"validator", "identity", "epoch"}

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by validator, from a file of meta."""
        rows: Mapping[str, FileMeta] = read_meta(answers[0], self._provider) if answers else {}
        return {key: row.identity_key for key, row in rows.items() if row.identity_key not in (None, key)}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The stake accounts of a validator, from a file of positions that names validators by their keys."""
        rows: Mapping[str, list[FilePosition]] = read_positions(answers[0], self._provider) if answers else {}
        return tuple(position.account.stake_key for position in rows.get(validator_key, ()))


def question_about(table: FileTable, epoch: EpochNumber, family: Family) -> Question:
    """The question that a table of one epoch answers."""
    name = table.name_for(epoch)
    return Question(
        key=f"file {name} epoch {epoch}",
        path=name,
        query={"epoch": epoch},
        body=table.as_request(family),
        # A file is at hand: reading it again costs nothing, and it or its mapping may have been corrected.
        accepts=lambda answer: False,
    )


def _told(key: str, lack: str | None, answers: Sequence[Answer]) -> Fetched:
    """A validator's row; one whose cell was emptied takes away what the cell said."""
    return final(key, answers) if lack is None else not_listed(key, lack, answers)


def _untold(key: str, why: NotFound, listed: Listed[Any], answers: Sequence[Answer], epoch: EpochNumber) -> Fetched:
    if why.problem is not None:
        return unavailable(key, why.problem, answers)
    return not_listed(key, _no_row(answers[0], epoch, listed), answers)


def _of_everyone(
    data_type: str,
    keys: Sequence[str],
    listed: Listed[Any],
    absent: Collection[str],
    answers: Sequence[Answer],
    epoch: EpochNumber,
) -> Fetched:
    if len(absent) == len(keys):
        return not_listed(EVERYONE, _no_row(answers[0], epoch, listed), answers)
    if absent and data_type != DataType.COSTS:
        lacking = f"{len(absent)} operated validators, first {next(iter(absent))}"
        reason = f"{_no_row(answers[0], epoch, listed)} for {lacking}"
        return partly_listed(EVERYONE, reason, answers)
    return final(EVERYONE, answers)


def _no_row(answer: Answer, epoch: EpochNumber, listed: Listed[Any]) -> str:
    others = f" of it; those it has are of {len(listed)} other validators" if listed else ""
    return f"the file {answer.request['path']} has no row of epoch {epoch}{others}"
