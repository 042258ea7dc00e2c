"""Which validators the operator runs and which stake is its own, as registered; and who counts at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.decisions.revisions import Row, holds_at, newest_rows
from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.units import Bps
from aurora_pipeline.registry.tables import OPERATOR_WALLETS, VALIDATOR_IDENTITIES
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input

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


def registered_validators(connection: Connection, chain_id: str | None = None) -> list[Row]:
    """All dated rows that count, for lists and exports."""
    return newest_rows(connection, VALIDATOR_IDENTITIES, "validator_key", chain_id)


def registered_wallets(connection: Connection, chain_id: str | None = None) -> list[Row]:
    """All dated rows of the operator's own wallets that count."""
    return newest_rows(connection, OPERATOR_WALLETS, "wallet_address", chain_id)


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
