"""Validators as registered, and periods as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.periods.record import recorded_periods, told_by
from aurora_pipeline.registry.validators import registered_validators
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import shaped


@dataclass(frozen=True)
class Validator:
    """A dated row of a validator of the operator."""

    chain_id: str
    validator_key: str
    revision: int
    name: str
    identity_key: str | None
    ownership: str
    operator_fee_bps: int | None
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True)
class Period:
    """A finalized period."""

    chain_id: str
    epoch: int
    period: str
    first_slot: int
    last_slot: int
    first_block_slot: int
    last_block_slot: int
    started_at: datetime
    ended_at: datetime
    digest: str
    told_by: str | None


def validators(connection: Connection, chain_id: str | None = None) -> list[Validator]:
    """The dated rows of the operator's validators."""
    return [shaped(Validator, row) for row in registered_validators(connection, chain_id)]


def periods(connection: Connection, chain_id: str) -> list[Period]:
    """The finalized periods of a chain, and by whose file one was told that no chain proved."""
    told = told_by(connection, chain_id)
    return [
        shaped(
            Period,
            vars(one),
            chain_id=one.key.chain_id,
            epoch=one.key.epoch,
            period=str(one.key),
            digest=one.digest,
            told_by=told.get(one.key.epoch),
        )
        for one in recorded_periods(connection, chain_id)
    ]
