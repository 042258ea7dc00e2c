"""Statements with balances: in a list, in full, and what was decided about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.config.chain import Chain
from aurora_pipeline.statements.documents import PayableStatement as FoundStatement
from aurora_pipeline.statements.documents import StatementDocument as FoundDocument
from aurora_pipeline.statements.documents import unsettled_ids
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
class StatementLine:
    """A line of a statement, as the statement says it."""

    line_id: str
    epoch: int
    agreement_id: str
    agreement_version: int
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    kind: str
    rate_bps: int | None
    base: Amount | None
    computed: Amount | None
    override: Amount | None
    final: Amount | None
    held: bool
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementEntry:
    """A top-up or an adjustment on a statement."""

    entry_id: str
    kind: str
    source_period: str
    line_id: str
    number: int
    agreement_id: str
    agreement_version: int | None
    rule_key: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    stated: Amount | None
    now: Amount | None
    amount: Amount | None
    cause: str | None
    disputed_on: str | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class Acceptance:
    """A figure that is held or missing: a statement is submitted only where it is accepted at 0."""

    id: str
    figure: str


@dataclass(frozen=True)
class StatementDocument:
    """A statement with everything that it holds."""

    statement: PayableStatement
    lines: Sequence[StatementLine]
    entries: Sequence[StatementEntry]
    to_be_accepted: Sequence[Acceptance]
    """What is held or missing, and has to be accepted by its id."""


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
_LINE_AMOUNTS: Final = ("base", "computed", "override", "final")
_ENTRY_AMOUNTS: Final = ("stated", "now", "amount")


def statement(chain: Chain, one: FoundStatement) -> PayableStatement:
    """A statement from the opening to the closing balance."""
    unit = chain.base_unit
    amounts = {name: amount(one.row[name], unit) for name in _AMOUNTS}
    ids = {"statement_id": one.statement_id, "period": one.key.period, "stage": one.stage.value}
    more = {"next_step": one.next_step, "paid": amount(one.paid, unit)}
    return shaped(PayableStatement, {**one.row, **amounts, **ids, **more})


def statement_in_full(chain: Chain, told: FoundDocument) -> StatementDocument:
    """A statement with its lines and entries, and what has to be accepted."""
    unit = chain.base_unit
    lines = [
        shaped(
            StatementLine,
            {**line, **{n: amount(line[n], unit) for n in _LINE_AMOUNTS}, "line_id": str(line["line_id"])},
        )
        for line in told.lines
    ]
    entries = [
        shaped(
            StatementEntry,
            {
                **one,
                **{n: amount(one[n], unit) for n in _ENTRY_AMOUNTS},
                "entry_id": str(one["entry_id"]),
                "line_id": str(one["line_id"]),
            },
        )
        for one in told.entries
    ]
    accepted = [Acceptance(identifier, words) for identifier, words in unsettled_ids(told).items()]
    return StatementDocument(statement(chain, told.statement), lines, entries, accepted)


def statement_history(connection: Connection, statement_id: str) -> list[StatementEvent]:
    """Everything that was decided about a statement."""
    return [shaped(StatementEvent, vars(one)) for one in events_of(connection, statement_id)]
