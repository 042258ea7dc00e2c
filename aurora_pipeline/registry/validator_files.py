"""Files of validators and of the operator's own wallets: CSV in, all of it or nothing, and CSV out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.families.traits import FamilyTraits
from aurora_pipeline.decisions.recording import Recording
from aurora_pipeline.decisions.revisions import ImportReport, Row, check_ranges, record_revisions
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
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.numbered import with_keys
from aurora_pipeline.registry.tables import OPERATOR_WALLETS, VALIDATOR_IDENTITIES
from aurora_pipeline.registry.validators import OPERATOR, OWNERSHIPS
from aurora_pipeline.store.database import Database
from aurora_pipeline.store.declaration import Table

VALIDATOR_COLUMNS = (
    "chain_id",
    "validator_key",
    "identity_key",
    "name",
    "ownership",
    "operator_fee_bps",
    "valid_from",
    "valid_until",
)
WALLET_COLUMNS = ("chain_id", "wallet_address", "valid_from", "valid_until", "notes")


def import_validators(
    database: Database, configuration: Configuration, path: Path, actor: str, reason: str
) -> ImportReport:
    """Import a CSV of validators: all of it or nothing. Validators the file does not name stay as they are."""
    lines, mistakes = read_lines(
        read_text(path),
        path.name,
        ["chain_id", "validator_key", "name", "valid_from"],
        ["identity_key", "ownership", "operator_fee_bps", "valid_until"],
    )
    lines = with_keys(lines, mistakes, configuration)
    rows = [(line.number, _validator(line, mistakes, configuration)) for line in lines]
    return _import(database, mistakes, rows, VALIDATOR_IDENTITIES, actor, reason)


def import_operator_wallets(
    database: Database, configuration: Configuration, path: Path, actor: str, reason: str
) -> ImportReport:
    """Import a CSV of the operator's own withdraw authorities: all of it or nothing."""
    lines, mistakes = read_lines(
        read_text(path), path.name, ["chain_id", "wallet_address", "valid_from"], ["valid_until", "notes"]
    )
    rows = [(line.number, _wallet(line, mistakes, configuration)) for line in lines]
    return _import(database, mistakes, rows, OPERATOR_WALLETS, actor, reason)


_SUBJECTS = {
    VALIDATOR_IDENTITIES: ("validator_key", "validator"),
    OPERATOR_WALLETS: ("wallet_address", "operator-wallet"),
}
"""The column that names what a row is about, and what the audit log calls it."""


def _import(
    database: Database,
    mistakes: CsvMistakes,
    rows: Sequence[tuple[int, Row | None]],
    table: Table,
    actor: str,
    reason: str,
) -> ImportReport:
    subject, noun = _SUBJECTS[table]
    sound = [(number, row) for number, row in rows if row is not None]
    check_ranges(mistakes, sound, subject)
    mistakes.raise_if_any()
    with database.connect() as connection:
        recording = Recording.begin(connection, actor, reason)
        recording.require_reason()
        return record_revisions(recording, table, subject, noun, [row for _, row in sound])


def _validator(line: CsvLine, mistakes: CsvMistakes, configuration: Configuration) -> Row | None:
    before = len(mistakes.found)
    traits = traits_of(line, mistakes, configuration)
    check = required_text if traits is None else traits.check_validator_key
    row: Row = {
        "chain_id": line.cells["chain_id"],
        "validator_key": mistakes.parse(line, "validator_key", check),
        "identity_key": mistakes.parse(line, "identity_key", check) if line.cells["identity_key"] else None,
        "name": mistakes.parse(line, "name", required_text),
        "ownership": mistakes.parse(line, "ownership", _ownership),
        "operator_fee_bps": mistakes.parse(line, "operator_fee_bps", _open_bps),
        "valid_from": mistakes.parse(line, "valid_from", read_instant),
        "valid_until": mistakes.parse(line, "valid_until", read_open_instant),
    }
    return row if len(mistakes.found) == before else None


def _wallet(line: CsvLine, mistakes: CsvMistakes, configuration: Configuration) -> Row | None:
    before = len(mistakes.found)
    traits = traits_of(line, mistakes, configuration)
    check = required_text if traits is None else traits.check_address
    row: Row = {
        "chain_id": line.cells["chain_id"],
        "wallet_address": mistakes.parse(line, "wallet_address", check),
        "valid_from": mistakes.parse(line, "valid_from", read_instant),
        "valid_until": mistakes.parse(line, "valid_until", read_open_instant),
        "notes": line.cells["notes"] or None,
    }
    return row if len(mistakes.found) == before else None


def traits_of(line: CsvLine, mistakes: CsvMistakes, configuration: Configuration) -> FamilyTraits | None:
    """What the family of the line's chain decides; an unknown chain is a mistake of its own."""
    chain = configuration.chains.get(line.cells["chain_id"])
    if chain is None:
        known = ", ".join(configuration.chains)
        mistakes.add(
            line.number,
            f"there is no chain {line.cells['chain_id']!r}; known: {known}",
            "chain_id",
        )
        return None
    return chain.family.traits


def _ownership(text: str) -> str:
    if not text:
        return OPERATOR
    if text not in OWNERSHIPS:
        raise ValueError(f"{text!r} is neither OPERATOR nor CLIENT")
    return text


def _open_bps(text: str) -> Bps | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > 10_000:
        raise ValueError(f"{text!r} is no share in basis points, 0 to 10000")
    return Bps(int(text))


def export_validators(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV text that `import_validators` takes."""
    return write_csv(VALIDATOR_COLUMNS, rows)


def export_wallets(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV text that `import_operator_wallets` takes."""
    return write_csv(WALLET_COLUMNS, rows)
