"""Statements with balances in a list, and what was decided about one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.config.coin import CoinOfChain
from aurora_pipeline.statements.documents import PayableStatement as FoundStatement
from aurora_pipeline.statements.history import events_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.work.json_form import Amount, amount, shaped


@dataclass(frozen=True)
class PayableStatement:
    """A statement from the opening to the closing balance, and where it stands in its life."""

    chain_id: str
    period: str
    statement_id: str
    partner_id: str
    partner_name: str
    payable_series: str
    number: int | None
    started_at: datetime
    ended_at: datetime
    stage: str
    next_step: str
    line_count: int
    held_count: int
    missing_count: int
    unsettled_count: int
    blocked_count: int
    opening: Amount | None
    lines: Amount
    top_ups: Amount
    adjustments: Amount
    total: Amount | None
    known_total: Amount
    held_total: Amount
    minimum_payout: Amount | None
    payable: Amount | None
    paid: Amount
    closing: Amount | None
    lines_digest: str
    entries_digest: str
    statement_digest: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementEvent:
    """One thing that was decided about a statement."""

    recorded_at: datetime
    recorded_by: str
    what: str
    statement_digest: str | None
    reason: str
    recorded_through: str | None
    """The login that it came through; null: recorded before that was."""
    is_own_login: bool
    """Whether the database says who it was: the login is the person's own, or took on the person's role."""
    checkpoint_size: int | None
    """Of the release: how many leaves of the signed log the first checkpoint has that covers it; null: none yet."""


_AMOUNTS: Final = (
    "opening",
    "lines",
    "top_ups",
    "adjustments",
    "total",
    "known_total",
    "held_total",
    "minimum_payout",
    "payable",
    "closing",
)


def statement(chain: CoinOfChain, one: FoundStatement) -> PayableStatement:
    """A statement from the opening to the closing balance."""
    unit = chain.base_unit
    amounts = {name: amount(one.row[name], unit) for name in _AMOUNTS}
    ids = {"statement_id": one.statement_id, "period": one.key.period, "stage": one.stage.value}
    more = {"next_step": one.next_step, "paid": amount(one.paid, unit)}
    return shaped(PayableStatement, {**one.row, **amounts, **ids, **more})


def statement_history(connection: Connection, statement_id: str) -> list[StatementEvent]:
    """Everything that was decided about a statement."""
    return [shaped(StatementEvent, vars(one)) for one in events_of(connection, statement_id)]
