"""Lines that partners hold for wrong, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.statements.history import Dispute
from aurora_pipeline.statements.history import disputes as recorded_disputes
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount, shaped


@dataclass(frozen=True)
class DisputeShape:
    """A line that a partner holds for wrong, and what was answered."""

    statement_id: str
    partner_id: str
    chain_id: str
    period: str
    line_id: str
    stated: Amount | None
    claimed: Amount
    raised_by: str
    raised_at: datetime
    on_behalf_of: str | None
    why: str
    state: str
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    settled_by: str | None


def disputes(
    connection: Connection, chains: Mapping[str, Chain], partner_id: str | None = None, *, only_open: bool = False
) -> list[DisputeShape]:
    """Every dispute, or those of a partner; of all or of those that are not answered."""
    return [
        dispute_shape(one, chains[one.chain_id].base_unit)
        for one in recorded_disputes(connection, partner_id=partner_id)
        if not only_open or one.state == "OPEN"
    ]


def dispute_shape(one: Dispute, unit: str) -> DisputeShape:
    """A dispute as JSON has it."""
    return shaped(DisputeShape, vars(one), stated=amount(one.stated, unit), claimed=amount(one.claimed, unit))
