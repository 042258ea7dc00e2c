"""Whose addresses receive what blocks earn: CSV in, CSV out, and who counts at an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.revisions import ImportReport, Row, check_ranges, holds_at, newest_rows, record_revisions
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.csv_file import (
    CsvLine,
    CsvMistakes,
    read_instant,
    read_lines,
    read_open_instant,
    read_text,
    required_text,
    write_csv,
)
from aurora_pipeline.registry.tables import FEE_RECIPIENTS
from aurora_pipeline.registry.validator_files import traits_of
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.digests import Input

EVERY_VALIDATOR: Final = "*"
"""In place of a validator's key: every validator of the chain that has no row of its own."""
COLUMNS: Final = ("chain_id", "validator_key", "fee_recipient", "valid_from", "valid_until", "notes")


@dataclass(frozen=True)
class FeeRecipients:
    """The registered addresses of a chain, in small letters, and the rows that say so."""

    by_validator: Mapping[str, Sequence[Row]]
    inputs: tuple[Input, ...]

    def own(self, validator_key: str, instant: datetime) -> frozenset[str]:
        """The proposer's addresses at an instant: its own, else those of every validator."""
        own = self._held(validator_key, instant)
        return own or self._held(EVERY_VALIDATOR, instant)

    def ever(self, validator_keys: Sequence[str]) -> frozenset[str]:
        """Every address that was registered for some validators, or for all, at any time: it is theirs still."""
        wanted = (*validator_keys, EVERY_VALIDATOR)
        return frozenset(row["fee_recipient"] for key in wanted for row in self.by_validator.get(key, ()))

    def _held(self, key: str, instant: datetime) -> frozenset[str]:
        return frozenset(row["fee_recipient"] for row in self.by_validator.get(key, ()) if holds_at(row, instant))


def import_fee_recipients(
    database: Database, configuration: Configuration, path: Path, actor: str, reason: str
) -> ImportReport:
    """Import a CSV of fee recipients: all of it or nothing. Validators the file does not name stay as they are."""
    lines, mistakes = read_lines(
        read_text(path),
        path.name,
        ["chain_id", "validator_key", "fee_recipient", "valid_from"],
        ["valid_until", "notes"],
    )
    rows = [(line.number, _row(line, mistakes, configuration)) for line in lines]
    sound = [(number, row) for number, row in rows if row is not None]
    check_ranges(mistakes, sound, "validator_key")
    mistakes.raise_if_any()
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        recording.require_reason()
        found = [row for _, row in sound]
        return record_revisions(recording, FEE_RECIPIENTS, "validator_key", "fee-recipient", found)


def _row(line: CsvLine, mistakes: CsvMistakes, configuration: Configuration) -> Row | None:
    before = len(mistakes.found)
    traits = traits_of(line, mistakes, configuration)
    check_key = required_text if traits is None else traits.check_validator_key
    check_address = required_text if traits is None else traits.check_address
    is_every = line.cells["validator_key"] == EVERY_VALIDATOR
    row: Row = {
        "chain_id": line.cells["chain_id"],
        "validator_key": EVERY_VALIDATOR if is_every else mistakes.parse(line, "validator_key", check_key),
        "fee_recipient": mistakes.parse(line, "fee_recipient", check_address),
        "valid_from": mistakes.parse(line, "valid_from", read_instant),
        "valid_until": mistakes.parse(line, "valid_until", read_open_instant),
        "notes": line.cells["notes"] or None,
    }
    return row if len(mistakes.found) == before else None


def registered_recipients(connection: Connection, chain_id: str | None = None) -> list[Row]:
    """All dated rows that count, for lists and exports."""
    return newest_rows(connection, FEE_RECIPIENTS, "validator_key", chain_id)


def export_recipients(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV text that `import_fee_recipients` takes."""
    return write_csv(COLUMNS, rows)


def recipients_of(connection: Connection, chain_id: str) -> FeeRecipients:
    """Every fee recipient that is registered on a chain, whenever it holds."""
    rows = registered_recipients(connection, chain_id)
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["validator_key"], []).append({**row, "fee_recipient": row["fee_recipient"].lower()})
    return FeeRecipients(found, tuple(decision_input(FEE_RECIPIENTS, row) for row in rows))
