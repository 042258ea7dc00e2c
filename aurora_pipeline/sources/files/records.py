"""The rows of one epoch in a file, by field names: every one is read, and what is wrong is kept beside the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from aurora_pipeline.asking.file_problem import FileProblem
from aurora_pipeline.asking.reading import U64_MAX
from aurora_pipeline.config.families import Family
from aurora_pipeline.config.file_table import FIELDS, CellKind
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.mistakes import Mistake
from aurora_pipeline.foundation.money import BPS_WHOLE
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.files.cell_values import Cell
from aurora_pipeline.sources.files.listed import Listed
from aurora_pipeline.sources.files.mistakes import in_row, in_words
from aurora_pipeline.sources.files.table import NoColumnOfEpoch, found_columns, table_rows
from aurora_pipeline.store.payloads.answers import Answer

Told = TypeVar("Told")
_NEEDED: Final[Mapping[DataType, frozenset[str]]] = {
    DataType.POSITIONS: frozenset({"account", "withdrawer", "stake", "activation_epoch"})
}
_ONCE: Final[Mapping[DataType, tuple[str, ...]]] = {DataType.POSITIONS: ("account",)}
_NAMELESS_MAX: Final = 10_000
"""After so many mistakes in rows of which nobody can say whom they are about, no more are looked for: a file of other
rows alone would fill the memory with them, and nobody can use it."""
_ONE_PERCENT: Final = BPS_WHOLE // 100


@dataclass
class Records:
    """Rows, and mistakes by whom they are about (None: nobody can say)."""

    subject: str
    """The field that says whom a row is about: validator, or identity."""
    nothing: dict[str, Any] | None
    """The row that a validator has which is not listed, where the mapping says that this means 0."""
    rows: list[dict[str, Any]] = field(default_factory=list)
    mistakes: dict[str | None, list[Mistake]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    places: dict[str, list[int]] = field(default_factory=dict)
    """The numbers of the rows of each."""

    def listed(self, rows: Mapping[str, Told], absent: Told | None) -> Listed[Told]:
        """What was made of the rows, with the rest."""
        return Listed(
            rows,
            by_identity=self.subject == "identity",
            mistakes=self.mistakes,
            absent=absent,
            remarks=self.remarks,
            places=self.places,
        )


def read_records(answer: Answer, data_type: DataType) -> Records:
    """The rows of the epoch the file was asked for. Raises FileProblem where the file as a whole cannot be read."""
    mapping, query = answer.request.get("body"), answer.request.get("query")
    epoch = query.get("epoch") if isinstance(query, Mapping) else None
    if not isinstance(mapping, Mapping) or mapping.get("data_type") != data_type or type(epoch) is not int:
        raise FileProblem(f"it was not read as a file of {data_type} of one epoch")
    key = EpochNumber(epoch)
    name, columns = str(answer.request.get("path", "")), mapping["columns"]
    records = Records(subject_of(columns), _nothing(mapping, data_type))
    rows = table_rows(name, answer.body, answer.response_hash, mapping)
    try:
        width, places = found_columns(rows, name, columns, key)
    except NoColumnOfEpoch:
        # It tells other epochs: of this one it lists nobody.
        return records
    reading = _Reading(records, data_type, mapping, key, places)
    for number, cells in rows:
        if any(cells):
            reading.read(number, cells, width)
    reading.end()
    return records


def subject_of(columns: Mapping[str, object]) -> str:
    """The field of a mapping that says whom a row is about."""
    return "validator" if "validator" in columns else "identity"


def _nothing(mapping: Mapping[str, Any], data_type: DataType) -> dict[str, Any] | None:
    if mapping.get("absent") != "zero":
        return None
    kinds = FIELDS[data_type]
    return {name: 0 for name in mapping["columns"] if kinds[name] in (CellKind.AMOUNT, CellKind.RATE)}


class _Reading:
    """Reads row by row, and sees what only all rows together show."""

    def __init__(
        self,
        records: Records,
        data_type: DataType,
        mapping: Mapping[str, Any],
        epoch: EpochNumber,
        places: Mapping[str, int],
    ) -> None:
        self._records, self._epoch = records, epoch
        columns, kinds, family = mapping["columns"], FIELDS[data_type], Family(mapping["family"])
        needed = {records.subject, "epoch"} | _NEEDED.get(data_type, frozenset())
        cells = [
            Cell(
                name,
                places[name],
                kinds[name],
                columns[name],
                family,
                needed=name in needed,
                missing=mapping.get("missing", ()),
            )
            for name in places
        ]
        by_name = {cell.name: cell for cell in cells}
        self._subject, self._epoch_cell = by_name[records.subject], by_name.get("epoch")
        self._others = [cell for cell in cells if cell.name not in ("epoch", records.subject)]
        self._once = _ONCE.get(data_type, (records.subject, *(["account"] if "account" in by_name else [])))
        self._seen: dict[tuple[Any, ...], tuple[int, str]] = {}
        self._epochs: dict[str, bool] = {}
        self._later_is_inactive = mapping.get("delegated_later") == "inactive"
        self._later: list[int] = []
        self._percents = {
            cell.name: cell for cell in cells if cell.kind is CellKind.RATE and cell.column.get("unit") == "percent"
        }
        self._largest: dict[str, int] = {}

    def read(self, number: int, cells: Sequence[str], width: int | None) -> None:
        """Take a row in: as a row, as a mistake, or not at all where it is of another epoch."""
        if width is not None and len(cells) != width:
            self._wrong(None, in_row(number, _cells_too_many_or_few(len(cells), width)))
            return
        mistakes: list[Mistake] = []
        if self._is_of_another_epoch(number, cells, mistakes):
            return
        nameless: list[Mistake] = []
        subject = self._value(number, self._subject, cells, nameless)
        if nameless:
            self._wrong(None, *nameless, *mistakes)
            return
        row = {cell.name: self._value(number, cell, cells, mistakes) for cell in self._others}
        row |= {self._records.subject: subject} | ({} if self._epoch_cell is None else {"epoch": self._epoch})
        if not mistakes:
            mistakes += self._impossible(number, row)
            self._note_rates(row)
        if not mistakes:
            mistakes += self._told_twice(number, subject, row)
        if mistakes:
            self._wrong(subject, *mistakes)
        else:
            self._records.rows.append(row)
            self._records.places.setdefault(subject, []).append(number)

    def end(self) -> None:
        """Say what all rows together show."""
        remarks = self._records.remarks
        for name, largest in self._largest.items():
            if 0 < largest < _ONE_PERCENT:
                remarks.append(
                    f"column {self._percents[name].title!r}: no rate in it reaches 1 percent; where 0.05 stands for"
                    " 5 %, state unit: fraction"
                )
        if self._later:
            remarks.append(
                f"{len(self._later)} stake accounts are listed before they were delegated and have no active stake"
                f" (delegated_later: inactive), the first in row {self._later[0]}"
            )

    def _wrong(self, subject: str | None, *mistakes: Mistake) -> None:
        known = self._records.mistakes.setdefault(subject, [])
        known.extend(mistakes)
        if subject is None and len(known) > _NAMELESS_MAX:
            raise FileProblem(f"{in_words(known, at_most=1)}; no more of it was read")

    def _value(self, number: int, cell: Cell, cells: Sequence[str], mistakes: list[Mistake]) -> Any:
        try:
            return cell.value(cells)
        except ValueError as error:
            mistakes.append(in_row(number, str(error), cell.title))
            return None

    def _is_of_another_epoch(self, number: int, cells: Sequence[str], mistakes: list[Mistake]) -> bool:
        cell = self._epoch_cell
        if cell is None:
            return False
        text = cells[cell.place] if cell.place < len(cells) else ""
        # Thousands of rows share a few texts.
        if (known := self._epochs.get(text)) is not None:
            return known
        value = self._value(number, cell, cells, mistakes)
        if mistakes:
            return False
        return self._epochs.setdefault(text, value != self._epoch)

    def _impossible(self, number: int, row: Mapping[str, Any]) -> Iterator[Mistake]:
        """Epochs of a stake account that cannot be those of the period."""
        on, off = row.get("activation_epoch"), row.get("deactivation_epoch")
        if on is None or on == U64_MAX:
            return
        titles = {cell.name: cell.title for cell in self._others}
        if on > self._epoch and not self._later_is_inactive:
            why = (
                f"in epoch {self._epoch} it was not delegated yet, if it was in {on}; leave the row out, or state"
                " delegated_later: inactive"
            )
            yield in_row(number, why, titles["activation_epoch"])
        elif off is not None and off < on:
            yield in_row(number, f"{off} is before its activation in {on}", titles["deactivation_epoch"])
        elif on > self._epoch:
            self._later.append(number)

    def _told_twice(self, number: int, subject: str, row: Mapping[str, Any]) -> Iterator[Mistake]:
        first, other = self._seen.setdefault(tuple(row.get(name) for name in self._once), (number, subject))
        if first != number:
            again = in_row(number, f"is about the same {' and '.join(self._once)} as row {first}")
            if other != subject:
                self._wrong(other, again)
            yield again

    def _note_rates(self, row: Mapping[str, Any]) -> None:
        for name in self._percents:
            if row[name] is not None:
                self._largest[name] = max(self._largest.get(name, 0), row[name])


def _cells_too_many_or_few(found: int, width: int) -> str:
    if found > width:
        why = "a separator within a number or a text: put the cell into quotes, write 1,241.07 as 1241.07"
    else:
        why = "the row is cut off, or separators are missing"
    return f"has {found} cells, the header {width}: {why}"
