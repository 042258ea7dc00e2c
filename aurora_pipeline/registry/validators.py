"""Which validators the operator runs and which stake is its own: CSV in, CSV out, and who counts at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aurora_pipeline.config.configuration import Configuration
from aurora_pipeline.config.families.traits import FamilyTraits
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
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.numbered import with_keys
from aurora_pipeline.registry.tables import OPERATOR_WALLETS, VALIDATOR_IDENTITIES
from aurora_pipeline.store.database import Connection, Database
from aurora_pipeline.store.declaration import Table
from aurora_pipeline.store.digests import Input

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
OPERATOR, CLIENT = OWNERSHIPS = ("OPERATOR", "CLIENT")


@dataclass(frozen=True)
class RegisteredValidator:
    """A validator as registered at some instant."""

    validator_key: str
    identity_key: str | None
    name: str
    ownership: str
    operator_fee_bps: Bps | None


@dataclass(frozen=True)
class Operated:
    """Who the operator ran at an instant, and the rows that say so."""

    validators: tuple[RegisteredValidator, ...]
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class Identities:
    """The identities validators were registered under at any time in a span, oldest first, and the rows that say so."""

    by_validator: Mapping[str, tuple[str, ...]]
    inputs: tuple[Input, ...]


@dataclass(frozen=True)
class OwnStake:
    """The withdraw authorities whose stake was the operator's own at an instant, and the rows that say so."""

    wallets: frozenset[str]
    inputs: tuple[Input, ...]


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
        return "OPERATOR"
    if text not in OWNERSHIPS:
        raise ValueError(f"{text!r} is neither OPERATOR nor CLIENT")
    return text


def _open_bps(text: str) -> Bps | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 5 or int(text) > 10_000:
        raise ValueError(f"{text!r} is no share in basis points, 0 to 10000")
    return Bps(int(text))


def registered_validators(connection: Connection, chain_id: str | None = None) -> list[Row]:
    """All dated rows that count, for lists and exports."""
    return newest_rows(connection, VALIDATOR_IDENTITIES, "validator_key", chain_id)


def registered_wallets(connection: Connection, chain_id: str | None = None) -> list[Row]:
    """All dated rows of the operator's own wallets that count."""
    return newest_rows(connection, OPERATOR_WALLETS, "wallet_address", chain_id)


def export_validators(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV text that `import_validators` takes."""
    return write_csv(VALIDATOR_COLUMNS, rows)


def export_wallets(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV text that `import_operator_wallets` takes."""
    return write_csv(WALLET_COLUMNS, rows)


def operated_at(connection: Connection, chain_id: str, instant: datetime) -> Operated:
    """The validators the operator ran at an instant."""
    rows = [row for row in registered_validators(connection, chain_id) if holds_at(row, instant)]
    validators = tuple(
        RegisteredValidator(
            row["validator_key"], row["identity_key"], row["name"], row["ownership"], row["operator_fee_bps"]
        )
        for row in rows
    )
    return Operated(validators, tuple(decision_input(VALIDATOR_IDENTITIES, row) for row in rows))


def validators_named(names: Iterable[str]) -> set[str]:
    """The validators that rows are of, by the names by which lineages know the rows."""
    # Table, chain, validator, revision and day: only the validator is asked for.
    return {name.partition("/")[2].rsplit("/", 2)[0] for name in names}


def identities_between(connection: Connection, chain_id: str, start: datetime, end: datetime) -> Identities:
    """The identities that counted at any time in [start, end)."""
    rows = [
        row
        for row in registered_validators(connection, chain_id)
        if row["identity_key"]
        and row["valid_from"] < end
        and (row["valid_until"] is None or row["valid_until"] > start)
    ]
    found: dict[str, dict[str, None]] = {}
    for row in sorted(rows, key=lambda row: row["valid_from"]):
        found.setdefault(row["validator_key"], {})[row["identity_key"]] = None
    return Identities(
        {key: tuple(identities) for key, identities in found.items()},
        tuple(decision_input(VALIDATOR_IDENTITIES, row) for row in rows),
    )


def own_stake_at(connection: Connection, chain_id: str, instant: datetime) -> OwnStake:
    """The operator's own withdraw authorities at an instant."""
    return own_stake_of(registered_wallets(connection, chain_id), instant)


def own_stake_of(registered: Sequence[Row], instant: datetime) -> OwnStake:
    """The same, where all registered rows of the chain are known."""
    rows = [row for row in registered if holds_at(row, instant)]
    return OwnStake(
        frozenset(row["wallet_address"] for row in rows),
        tuple(decision_input(OPERATOR_WALLETS, row) for row in rows),
    )
