"""When epochs began and ended, as a file of the operator's tells it: told, and not proven by any chain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from aurora_pipeline.asking.adapter import Answer, Ask
from aurora_pipeline.asking.file_line import bytes_of
from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import UnreadableFile, reader
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FIELDS, FileTable
from aurora_pipeline.config.provider import Provider
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.mistakes import Mistake
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.family import PeriodBounds
from aurora_pipeline.sources.files.ask import question_about
from aurora_pipeline.sources.files.cell_values import Cell
from aurora_pipeline.sources.files.epochs import epochs_in, names_of
from aurora_pipeline.sources.files.mistakes import in_row, in_words
from aurora_pipeline.sources.files.table import found_columns, table_rows

_OPTIONAL: Final = ("first_block_slot", "last_block_slot")


def period_table(provider: Provider) -> FileTable:
    """The table of a provider that tells periods; the configuration was checked to have one."""
    return next(table for table in provider.files if table.data_type is DataType.PERIOD)


def epochs_told(provider: Provider, family: Family) -> list[EpochNumber]:
    """The epochs a provider's files tell the bounds of. Raises UnreadableFile."""
    table, found = period_table(provider), set[EpochNumber]()
    for name in names_of(provider, table):
        try:
            found |= set(epochs_in(table, name, bytes_of(provider, name), family))
        except FileProblem as problem:
            raise UnreadableFile(provider.name, f"file {name}", name, str(problem)) from None
    return sorted(found)


async def told_bounds(epoch: EpochNumber, ask: Ask, provider: Provider, family: Family) -> PeriodBounds:
    """The bounds of an epoch as the file tells them. Raises ProviderDown and UnreadableFile."""
    (answer,) = await ask([question_about(period_table(provider), epoch, family)])
    return read_bounds(answer, provider.name)


@reader
def read_bounds(answer: Answer, provider: str) -> PeriodBounds:
    """The bounds of the epoch that a file was read for."""
    try:
        return _bounds(answer)
    except FileProblem as problem:
        raise UnreadableFile(provider, answer.request_key, str(answer.request.get("path")), str(problem)) from None


def _bounds(answer: Answer) -> PeriodBounds:
    mapping, query = answer.request.get("body"), answer.request.get("query")
    epoch = query.get("epoch") if isinstance(query, Mapping) else None
    if not isinstance(mapping, Mapping) or mapping.get("data_type") != DataType.PERIOD or type(epoch) is not int:
        raise FileProblem("it was not read as a file of periods")
    key = EpochNumber(epoch)
    number, row = _row_of(answer, mapping, key)
    first, last = row["first_slot"], row["last_slot"]
    first_block, last_block = (
        end if row.get(name) is None else row[name] for name, end in zip(_OPTIONAL, (first, last), strict=True)
    )
    if not first <= first_block <= last_block <= last:
        raise FileProblem(f"row {number}: slots {first}, {first_block}, {last_block}, {last} are in no order")
    if not row["started_at"] < row["ended_at"]:
        raise FileProblem(f"row {number}: it ends at {row['ended_at']}, before it began")
    if row["ended_at"] > datetime.now(UTC):
        raise FileProblem(f"row {number}: epoch {epoch} ends at {row['ended_at']}, which has not come yet")
    return PeriodBounds(key, first, last, first_block, last_block, row["started_at"], row["ended_at"], (answer,))


def _row_of(answer: Answer, mapping: Mapping[str, Any], epoch: EpochNumber) -> tuple[int, dict[str, Any]]:
    """The one row about the epoch, with its number."""
    name, columns = str(answer.request.get("path")), mapping["columns"]
    rows = table_rows(name, answer.body, answer.response_hash, mapping)
    width, places = found_columns(rows, name, columns, epoch)
    kinds, family = FIELDS[DataType.PERIOD], Family(mapping["family"])
    cells = [
        Cell(
            field,
            place,
            kinds[field],
            columns[field],
            family,
            needed=field not in _OPTIONAL,
            missing=mapping.get("missing", ()),
        )
        for field, place in places.items()
    ]
    found: list[tuple[int, dict[str, Any]]] = []
    mistakes: list[Mistake] = []
    for number, texts in rows:
        if not any(texts):
            continue
        if width is not None and len(texts) != width:
            raise FileProblem(f"row {number} has {len(texts)} cells, the header {width}")
        row: dict[str, Any] = {}
        for cell in sorted(cells, key=lambda cell: cell.name != "epoch"):
            try:
                row[cell.name] = cell.value(texts)
            except ValueError as error:
                mistakes.append(in_row(number, str(error), cell.title))
            if cell.name == "epoch" and row.get("epoch") != epoch:
                break
        else:
            found.append((number, row))
    if mistakes:
        raise FileProblem(in_words(mistakes))
    if len(found) != 1:
        raise FileProblem(f"it has {len(found)} rows of epoch {epoch}")
    return found[0]
