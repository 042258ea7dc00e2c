"""Costs the operator enters: a CSV file read strictly, and its entries kept as revisions of which the newest counts."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl
from psycopg import sql

from aurora_pipeline.canonical.tables import COST_ENTRIES, ENTRY_TYPES
from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.problems import Problem, did_you_mean
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.money import MoneyError, shift_point
from aurora_pipeline.periods.tables import VALIDATOR_IDENTITIES
from aurora_pipeline.store.database import Connection, Database, insert_rows, read_frame, table_kinds
from aurora_pipeline.store.digests import Input, content_digest

COLUMNS = ("chain_id", "epoch", "validator_key", "cost_type", "amount", "unit", "notes")
WITHDRAW = "withdraw"
"""Stands in the amount column to take an earlier entry back; an empty amount is a mistake."""
_EXAMPLE = "solana-mainnet,1000,<vote account>,INFRASTRUCTURE,12.5,SOL,rack and power"
_EPOCH_MAX = 10**12
_LOCK = 4717


@dataclass(frozen=True)
class EntryKey:
    """What an entry is about; a file names it once."""

    chain_id: str
    epoch: int
    validator_key: str
    entry_type: str

    def __str__(self) -> str:
        return f"{self.entry_type} of {self.validator_key} in {self.chain_id}:{self.epoch:07d}"


@dataclass(frozen=True)
class CostEntry:
    """One line of a cost file. `amount` is in base units; None withdraws what was entered before."""

    key: EntryKey
    amount: int | None
    notes: str | None
    line: int


class CostFileError(AuroraError):
    """A cost file has mistakes; nothing of it was imported. `problems` lists all of them."""

    def __init__(self, file_name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        count = len(self.problems)
        listing = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(f"{count} mistake{'' if count == 1 else 's'} in {file_name}, nothing was imported:\n{listing}")


class Change(StrEnum):
    """What importing an entry did."""

    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"


@dataclass(frozen=True)
class ImportedEntry:
    """What became of one entry: the amounts before and after."""

    key: EntryKey
    change: Change
    before: int | None
    after: int | None


@dataclass(frozen=True)
class CostImport:
    """The report of an import; the periods of what changed have to be computed again."""

    entries: tuple[ImportedEntry, ...]

    @property
    def changed(self) -> tuple[ImportedEntry, ...]:
        """The entries that were written."""
        return tuple(entry for entry in self.entries if entry.change is not Change.UNCHANGED)

    @property
    def periods(self) -> tuple[tuple[str, int], ...]:
        """The (chain, epoch) pairs whose costs changed, in order."""
        return tuple(sorted({(entry.key.chain_id, entry.key.epoch) for entry in self.changed}))


def parse_cost_csv(text: str, file_name: str, chains: Mapping[str, Chain]) -> tuple[CostEntry, ...]:
    """The entries of a cost file. Raises CostFileError with every mistake and its line; a file is read whole or not."""
    problems: list[Problem] = []
    entries: list[CostEntry] = []
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        problems += _header_problems(header, file_name)
        if problems:
            raise CostFileError(file_name, problems)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _Row(file_name, reader.line_num, header, [cell.strip() for cell in cells], problems)
            entry = row.entry(chains)
            if entry is not None:
                entries.append(entry)
    except csv.Error as error:
        problems.append(Problem(file_name, reader.line_num, "", f"is no CSV: {error}", "check quotes and commas"))
    problems += _duplicates(entries, file_name)
    if not entries and not problems:
        problems.append(Problem(file_name, None, "", "holds no entries", f"add lines like {_EXAMPLE}"))
    if problems:
        raise CostFileError(file_name, problems)
    return tuple(entries)


def _header_problems(header: Sequence[str], file_name: str) -> list[Problem]:
    problems = []
    required = [name for name in COLUMNS if name != "notes"]
    lacking = [name for name in required if name not in header]
    for name in header:
        if name not in COLUMNS:
            remedy = did_you_mean(name, COLUMNS, "column")
            problems.append(Problem(file_name, 1, name or "(empty)", "is no column of a cost file", remedy))
    for name, count in Counter(header).items():
        if count > 1:
            problems.append(Problem(file_name, 1, name, "is there more than once", "keep one of them"))
    if lacking:
        message = f"the first line lacks {', '.join(lacking)}"
        problems.append(Problem(file_name, 1, "", message, f"begin the file with: {','.join(COLUMNS)}"))
    return problems


def _duplicates(entries: Sequence[CostEntry], file_name: str) -> list[Problem]:
    first: dict[EntryKey, int] = {}
    problems = []
    for entry in entries:
        if entry.key in first:
            message = f"{entry.key} is on line {first[entry.key]} already"
            problems.append(Problem(file_name, entry.line, "", message, "keep one line, with the whole amount"))
        else:
            first[entry.key] = entry.line
    return problems


class _Row:
    """One line of the file while it is read; mistakes are collected, not raised."""

    def __init__(
        self, file_name: str, line: int, header: Sequence[str], cells: Sequence[str], problems: list[Problem]
    ) -> None:
        self._file, self._line, self._problems = file_name, line, problems
        self._width = len(header)
        self._given = len(cells)
        self._cells = dict(zip(header, cells, strict=False))

    def entry(self, chains: Mapping[str, Chain]) -> CostEntry | None:
        """The entry, or None after every mistake of the line was noted."""
        if self._given != self._width:
            message = f"has {self._given} fields, the first line has {self._width}"
            self._wrong("", message, "quote text that holds a comma; write 1234.5 without separators")
            return None
        before = len(self._problems)
        chain = self._chain(chains)
        epoch = self._epoch(chain)
        validator_key = self._cells["validator_key"]
        if not validator_key:
            self._wrong("validator_key", "is empty", "name the validator by its key (on Solana its vote account)")
        entry_type = self._cells["cost_type"]
        if entry_type not in ENTRY_TYPES:
            remedy = did_you_mean(entry_type, ENTRY_TYPES, "cost type")
            self._wrong("cost_type", f'"{entry_type}" is no cost type', remedy)
        amount = self._amount(chain)
        if len(self._problems) > before or chain is None or epoch is None:
            return None
        key = EntryKey(chain.chain_id, epoch, validator_key, entry_type)
        return CostEntry(key, amount, self._cells.get("notes") or None, self._line)

    def _chain(self, chains: Mapping[str, Chain]) -> Chain | None:
        name = self._cells["chain_id"]
        if name not in chains:
            self._wrong("chain_id", f'there is no chain "{name}"', did_you_mean(name, chains, "chain"))
        return chains.get(name)

    def _epoch(self, chain: Chain | None) -> int | None:
        text = self._cells["epoch"]
        if not (text.isascii() and text.isdigit()) or int(text) > _EPOCH_MAX:
            self._wrong("epoch", f'"{text}" is no epoch', "write the epoch's number, like 1000")
            return None
        if chain is not None and int(text) < chain.first_period:
            message = f"{text} lies before the chain's first period {chain.first_period}"
            self._wrong("epoch", message, "correct the epoch, or first_period in chains.yaml")
        return int(text)

    def _amount(self, chain: Chain | None) -> int | None:
        text, unit = self._cells["amount"], self._cells["unit"]
        if text == WITHDRAW:
            return None
        if not text:
            self._wrong("amount", "is empty", f'write the amount, 0, or "{WITHDRAW}" to take an entry back')
            return None
        if chain is None:
            return None
        units = {chain.native_unit: chain.native_decimals, chain.base_unit: 0, f"{chain.base_unit}s": 0}
        if unit not in units:
            self._wrong("unit", f'"{unit}" is no unit of {chain.chain_id}', did_you_mean(unit, units, "unit"))
            return None
        try:
            number = shift_point(text, units[unit])
        except MoneyError as error:
            self._wrong("amount", str(error), f"write it like 12.5, at most {units[unit]} digits behind the point")
            return None
        if number < 0:
            self._wrong("amount", f"{text} is negative", "a refund is a line of its own with cost_type OTHER_INCOME")
        return number

    def _wrong(self, path: str, message: str, remedy: str) -> None:
        self._problems.append(Problem(self._file, self._line, path, message, remedy))


def import_costs(
    database: Database, entries: Sequence[CostEntry], file_name: str, file_hash: str, recorded_by: str
) -> CostImport:
    """Store what differs from the entries in force as new revisions, all or nothing; equal entries write nothing."""
    with database.connect() as connection:
        # Two imports take turns, so that both cannot claim the same revision.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [COST_ENTRIES.name, _LOCK])
        _refuse_unknown_validators(connection, entries, file_name)
        periods = sorted({(entry.key.chain_id, entry.key.epoch) for entry in entries})
        in_force = {key: row for period in periods for key, row in _newest(connection, *period).items()}
        report: list[ImportedEntry] = []
        rows: list[dict[str, object]] = []
        for entry in entries:
            newest = in_force.get(entry.key)
            change = _change(newest, entry)
            before = None if newest is None else newest.amount
            report.append(ImportedEntry(entry.key, change, before, entry.amount))
            if change is not Change.UNCHANGED:
                rows.append(
                    {
                        **vars(entry.key),
                        "revision": 1 if newest is None else newest.revision + 1,
                        "amount": entry.amount,
                        "notes": entry.notes,
                        "file_hash": file_hash,
                        "recorded_by": recorded_by,
                    }
                )
        insert_rows(connection, COST_ENTRIES.name, rows)
    return CostImport(tuple(report))


@dataclass(frozen=True)
class _Newest:
    revision: int
    amount: int | None
    notes: str | None


def _change(newest: _Newest | None, entry: CostEntry) -> Change:
    if newest is None:
        return Change.UNCHANGED if entry.amount is None else Change.NEW
    if (newest.amount, newest.notes) == (entry.amount, entry.notes):
        return Change.UNCHANGED
    if entry.amount is None:
        return Change.UNCHANGED if newest.amount is None else Change.WITHDRAWN
    return Change.NEW if newest.amount is None else Change.CHANGED


def _newest(connection: Connection, chain_id: str, epoch: int) -> dict[EntryKey, _Newest]:
    frame = entries_in_force(connection, chain_id, epoch)
    return {
        EntryKey(chain_id, epoch, row["validator_key"], row["entry_type"]): _Newest(
            row["revision"], None if row["amount"] is None else int(row["amount"]), row["notes"]
        )
        for row in frame.iter_rows(named=True)
    }


def _refuse_unknown_validators(connection: Connection, entries: Sequence[CostEntry], file_name: str) -> None:
    known: dict[str, Collection[str]] = {}
    query = sql.SQL("SELECT DISTINCT validator_key FROM {} WHERE chain_id = %s").format(
        sql.Identifier(VALIDATOR_IDENTITIES.name)
    )
    for chain_id in {entry.key.chain_id for entry in entries}:
        known[chain_id] = {row["validator_key"] for row in connection.execute(query, [chain_id])}
    problems = [
        Problem(
            file_name,
            entry.line,
            "validator_key",
            f'"{entry.key.validator_key}" is no validator of {entry.key.chain_id}',
            f"{did_you_mean(entry.key.validator_key, known[entry.key.chain_id], 'validator')}"
            " `aurora validators list` shows them",
        )
        for entry in entries
        if entry.key.validator_key not in known[entry.key.chain_id]
    ]
    if problems:
        raise CostFileError(file_name, problems)


def entries_in_force(connection: Connection, chain_id: str, epoch: int) -> pl.DataFrame:
    """The newest revision of every entry of a period, withdrawn ones included, as a frame of COST_ENTRIES."""
    kinds = table_kinds(COST_ENTRIES)
    query = sql.SQL(
        "SELECT DISTINCT ON (validator_key, entry_type) {} FROM {} WHERE chain_id = %s AND epoch = %s"
        " ORDER BY validator_key, entry_type, revision DESC"
    ).format(sql.SQL(", ").join(sql.Identifier(name) for name in kinds), sql.Identifier(COST_ENTRIES.name))
    return read_frame(connection, query, kinds, [chain_id, epoch])


def entries_input(chain_id: str, epoch: int, entries: pl.DataFrame) -> Input:
    """How a canonical snapshot names the entries it read in its lineage."""
    return Input("decisions", f"{COST_ENTRIES.name}@{chain_id}:{epoch:07d}", content_digest(COST_ENTRIES, entries))
