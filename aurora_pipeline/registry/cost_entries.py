"""Costs the operator enters: a CSV file read strictly, and its entries kept as revisions of which the newest counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from psycopg import sql

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.config.problems import did_you_mean
from aurora_pipeline.decisions.recording import Note, Recording
from aurora_pipeline.decisions.revisions import ImportReport, Row
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.csv_file import CsvLine, CsvMistakes, read_lines, required_text
from aurora_pipeline.foundation.money import format_coins, shift_point, stored_amount_or_none
from aurora_pipeline.foundation.period_key import EPOCH_MAX, PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.registry.tables import COST_ENTRIES, ENTRY_TYPES, VALIDATOR_IDENTITIES
from aurora_pipeline.store.database import Connection, Database, read_frame, table_kinds
from aurora_pipeline.store.digests import Input, body_hash
from aurora_pipeline.store.frames import exact_rows

COLUMNS = ("chain_id", "epoch", "validator_key", "cost_type", "amount", "unit")
OPTIONAL_COLUMNS = ("notes",)
WITHDRAW = "withdraw"
"""Stands in the amount column to take an earlier entry back; an empty amount is a mistake."""


@dataclass(frozen=True, order=True)
class EntryKey:
    """What an entry is about; a file names it once."""

    chain_id: str
    epoch: EpochNumber
    validator_key: str
    entry_type: str

    def __str__(self) -> str:
        return f"{PeriodKey(self.chain_id, self.epoch)} {self.validator_key} {self.entry_type}"


@dataclass(frozen=True)
class CostEntry:
    """One line of a cost file. `amount` is in base units; None withdraws what was entered before."""

    key: EntryKey
    amount: Amount | None
    notes: str | None
    line: int


@dataclass(frozen=True)
class EntriesInForce:
    """The newest revision of every entry of a period, withdrawn ones included, and how a lineage names them."""

    frame: pl.DataFrame
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class CostImport(ImportReport):
    """What an import of costs changed; its periods have to be computed again."""

    periods: tuple[PeriodKey, ...]


def parse_cost_csv(text: str, file_name: str, chains: Mapping[str, Chain]) -> tuple[list[CostEntry], CsvMistakes]:
    """The entries of a cost file and every mistake in it, with its line. Amounts are in whole coins or base units."""
    lines, mistakes = read_lines(text, file_name, COLUMNS, OPTIONAL_COLUMNS)
    entries: list[CostEntry] = []
    first_lines: dict[EntryKey, int] = {}
    for line in lines:
        entry = _entry(line, mistakes, chains)
        if entry is None:
            continue
        if entry.key in first_lines:
            mistakes.add(line.number, f"{entry.key} is on line {first_lines[entry.key]} already; keep one of them")
        first_lines.setdefault(entry.key, line.number)
        entries.append(entry)
    if not lines and not mistakes.found:
        mistakes.add(None, "holds no entries")
    return entries, mistakes


def _entry(line: CsvLine, mistakes: CsvMistakes, chains: Mapping[str, Chain]) -> CostEntry | None:
    before = len(mistakes.found)
    chain = chains.get(line.cells["chain_id"])
    if chain is None:
        name = line.cells["chain_id"]
        mistakes.add(
            line.number,
            f"there is no chain {name!r}; {did_you_mean(name, chains, 'chain')}",
            "chain_id",
        )
    epoch = mistakes.parse(line, "epoch", lambda text: _epoch(text, chain))
    validator_key = mistakes.parse(line, "validator_key", required_text)
    entry_type = mistakes.parse(line, "cost_type", _entry_type)
    amount = mistakes.parse(line, "amount", lambda text: _amount(text, line.cells["unit"], chain))
    if len(mistakes.found) > before or chain is None or epoch is None or validator_key is None or entry_type is None:
        return None
    key = EntryKey(chain.chain_id, epoch, validator_key, entry_type)
    return CostEntry(key, amount, line.cells["notes"] or None, line.number)


def _epoch(text: str, chain: Chain | None) -> EpochNumber:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError(f"{text[:40]!r} is no epoch; write its number, like 1000")
    if int(text) > EPOCH_MAX:
        raise ValueError(f"{text} lies beyond every chain; the last epoch that has a key is {EPOCH_MAX}")
    if chain is not None and int(text) < chain.first_period:
        raise ValueError(f"{text} lies before first_period {chain.first_period} of {chain.chain_id} in chains.yaml")
    return EpochNumber(int(text))


def _entry_type(text: str) -> str:
    if text not in ENTRY_TYPES:
        raise ValueError(f"{text!r} is no cost type; {did_you_mean(text, ENTRY_TYPES, 'cost type')}")
    return text


def _amount(text: str, unit: str, chain: Chain | None) -> Amount | None:
    """Base units; None to withdraw. Without a chain there is nothing to check the unit against."""
    if text == WITHDRAW or chain is None:
        return None
    if not text:
        raise ValueError(f"must not be empty; write 0, or {WITHDRAW} to take an entry back")
    units = {chain.native_unit: chain.native_decimals, **chain.family.traits.small_units}
    if unit not in units:
        raise ValueError(f"{unit!r} is not a unit of {chain.chain_id}; {did_you_mean(unit, units, 'unit')}")
    try:
        number = shift_point(text, units[unit])
    except ValueError as error:
        raise ValueError(f"{error}, in {unit}; write it like 12.5, without separators") from None
    if number < 0:
        raise ValueError(f"{text} is negative; a refund is a line of its own with the cost type OTHER_INCOME")
    return number


def import_costs(
    database: Database, text: str, file_name: str, chains: Mapping[str, Chain], actor: str, reason: str
) -> CostImport:
    """Store the entries of a file that differ from those in force as new revisions: all of them or nothing.

    Raises AuroraError with every mistake and its line. Importing the same file again changes nothing.
    """
    entries, mistakes = parse_cost_csv(text, file_name, chains)
    mistakes.raise_if_any()
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        recording.require_reason()
        _check_validators(connection, entries, mistakes)
        mistakes.raise_if_any()
        newest = _newest(connection, {(entry.key.chain_id, entry.key.epoch) for entry in entries})
        file_hash = body_hash(text.encode())
        found = (
            (entry, _note(entry, newest.get(entry.key), file_hash, chains[entry.key.chain_id])) for entry in entries
        )
        noted = [(entry, note) for entry, note in found if note is not None]
        recording.record_all(COST_ENTRIES, [note for _, note in noted])
    changed = tuple(f"{entry.key}: {note.words[0]}" for entry, note in noted)
    periods = sorted({PeriodKey(entry.key.chain_id, entry.key.epoch) for entry, _ in noted})
    return CostImport(changed, len(entries) - len(changed), tuple(periods))


def _note(entry: CostEntry, newest: Row | None, file_hash: str, chain: Chain) -> Note | None:
    """What an entry changes; None where the newest revision says the same, or there is nothing to withdraw."""
    before = None if newest is None else (newest["amount"], newest["notes"])
    if before == (entry.amount, entry.notes) or (before is None and entry.amount is None):
        return None
    revision = 1 if newest is None else newest["revision"] + 1
    was = None if newest is None else {"amount": newest["amount"], "notes": newest["notes"]}
    after = {"revision": revision, "amount": entry.amount, "notes": entry.notes, "file_hash": file_hash}
    action = "cost.entered" if newest is None else "cost.withdrawn" if entry.amount is None else "cost.changed"
    held = None if newest is None else stored_amount_or_none(newest["amount"])
    words = f"{_in_words(held, chain)} -> {_in_words(entry.amount, chain)}"
    return Note(f"cost/{entry.key}", action, was, after, [words], [{**vars(entry.key), **after}])


def _in_words(amount: Amount | None, chain: Chain) -> str:
    return "nothing" if amount is None else f"{format_coins(amount, chain.native_decimals)} {chain.native_unit}"


def _check_validators(connection: Connection, entries: Sequence[CostEntry], mistakes: CsvMistakes) -> None:
    query = sql.SQL("SELECT DISTINCT chain_id, validator_key FROM {}").format(sql.Identifier(VALIDATOR_IDENTITIES.name))
    known: dict[str, set[str]] = {}
    for row in connection.execute(query):
        known.setdefault(row["chain_id"], set()).add(row["validator_key"])
    for entry in entries:
        keys = known.get(entry.key.chain_id, set())
        if entry.key.validator_key not in keys:
            hint = did_you_mean(entry.key.validator_key, keys, "validator")
            mistakes.add(
                entry.line,
                f"{entry.key.validator_key!r} was never registered; {hint}",
                "validator_key",
            )


def _newest(connection: Connection, periods: set[tuple[str, EpochNumber]]) -> dict[EntryKey, Row]:
    found: dict[EntryKey, Row] = {}
    for chain_id, epoch in periods:
        for row in exact_rows(COST_ENTRIES, entries_in_force(connection, chain_id, epoch).frame):
            found[EntryKey(chain_id, epoch, row["validator_key"], row["entry_type"])] = row
    return found


def entries_in_force(connection: Connection, chain_id: str, epoch: EpochNumber) -> EntriesInForce:
    """What the operator entered for a period, as it counts now."""
    kinds = table_kinds(COST_ENTRIES)
    query = sql.SQL(
        "SELECT DISTINCT ON (validator_key, entry_type) {} FROM {} WHERE chain_id = %s AND epoch = %s"
        " ORDER BY validator_key, entry_type, revision DESC"
    ).format(sql.SQL(", ").join(sql.Identifier(name) for name in kinds), sql.Identifier(COST_ENTRIES.name))
    frame = read_frame(connection, query, kinds, [chain_id, epoch])
    return EntriesInForce(frame, tuple(decision_input(COST_ENTRIES, row) for row in exact_rows(COST_ENTRIES, frame)))


def entry_inputs_by_epoch(connection: Connection, chain_id: str) -> dict[EpochNumber, frozenset[Input]]:
    """By epoch, how a lineage names what the operator entered for it, as it counts now."""
    query = sql.SQL(
        "SELECT DISTINCT ON (epoch, validator_key, entry_type) * FROM {} WHERE chain_id = %s"
        " ORDER BY epoch, validator_key, entry_type, revision DESC"
    ).format(sql.Identifier(COST_ENTRIES.name))
    found: dict[EpochNumber, set[Input]] = {}
    for row in connection.execute(query, [chain_id]):
        found.setdefault(EpochNumber(row["epoch"]), set()).add(decision_input(COST_ENTRIES, row))
    return {epoch: frozenset(inputs) for epoch, inputs in found.items()}
