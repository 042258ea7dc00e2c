"""The figures of layers: P&L, lines, allocation, statements of epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aurora_pipeline.config.vocabulary import CostType
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.work.figures import Row
from aurora_pipeline.work.json_form import Amount, amount, shaped


@dataclass(frozen=True)
class PnlFigures:
    """What a validator earned and cost in a period."""

    chain_id: str
    epoch: int
    period: str
    month: str
    period_ended_at: datetime
    validator_key: str
    name: str
    exec_fees: Amount | None
    exec_fees_state: str
    exec_fees_reason: str | None
    mev_tips: Amount | None
    mev_tips_state: str
    mev_tips_reason: str | None
    vote_rewards: Amount | None
    vote_rewards_state: str
    vote_rewards_reason: str | None
    commission: Amount | None
    commission_state: str
    commission_reason: str | None
    network_fee: Amount | None
    network_fee_state: str | None
    priority_fee_sharing: Amount | None
    priority_fee_sharing_state: str | None
    block_revenue_sharing: Amount | None
    block_revenue_sharing_state: str | None
    vote_fees: Amount | None
    vote_fees_state: str | None
    admission_ticket: Amount | None
    admission_ticket_state: str | None
    consensus_penalty: Amount | None
    consensus_penalty_state: str | None
    infrastructure: Amount | None
    infrastructure_state: str | None
    other_income: Amount | None
    other_income_state: str | None
    total_revenue: Amount | None
    known_revenue: Amount
    total_costs: Amount | None
    known_costs: Amount
    net: Amount | None
    known_net: Amount
    state: str
    reason: str | None


@dataclass(frozen=True)
class CommissionLine:
    """What a rule pays for a validator, or what its cap or floor adds to that."""

    chain_id: str
    epoch: int
    period: str
    month: str
    line_id: str
    partner_id: str
    partner_name: str | None
    agreement_id: str
    agreement_version: int
    rule_key: str
    kind: str
    validator_key: str
    validator_name: str | None
    wallet_address: str
    component: str
    funded_by: str
    attribution_method: str
    basis: str
    rate_bps: int | None
    base: Amount | None
    computed: Amount | None
    override: Amount | None
    final: Amount | None
    held: bool
    state: str
    reason: str | None


@dataclass(frozen=True)
class AllocationPart:
    """Who gets a part of a component."""

    chain_id: str
    epoch: int
    period: str
    month: str
    validator_key: str
    validator_name: str | None
    component: str
    part_id: str
    party: str
    partner_id: str | None
    partner_name: str | None
    amount: Amount | None
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementFigures:
    """What a partner is owed for a period."""

    chain_id: str
    epoch: int
    period: str
    month: str
    statement_id: str
    partner_id: str
    partner_name: str
    started_at: datetime
    ended_at: datetime
    line_count: int
    held_count: int
    missing_count: int
    lines_total: Amount | None
    known_total: Amount
    held_total: Amount
    lines_digest: str
    state: str
    reason: str | None


@dataclass(frozen=True)
class StatementWithLines:
    """A statement with its lines, as of one moment."""

    statement: StatementFigures
    lines: Sequence[CommissionLine]


_PNL_AMOUNTS: Final = (
    *(part.column for part in Component),
    *(cost.value.lower() for cost in CostType),
    *("other_income", "total_revenue", "known_revenue", "total_costs", "known_costs", "net", "known_net"),
)


def pnl_figures(row: Row, unit: str) -> PnlFigures:
    """A row of the P&L."""
    return shaped(PnlFigures, {**row, **_amounts(row, unit, *_PNL_AMOUNTS)})


def commission_line(row: Row, unit: str) -> CommissionLine:
    """A row of the lines."""
    amounts = _amounts(row, unit, "base", "computed", "override", "final")
    return shaped(CommissionLine, {**row, **amounts, "line_id": str(row["line_id"])})


def allocation_part(row: Row, unit: str) -> AllocationPart:
    """A row of the allocation."""
    return shaped(AllocationPart, {**row, **_amounts(row, unit, "amount"), "part_id": str(row["part_id"])})


def statement_figures(row: Row, unit: str) -> StatementFigures:
    """A row of the statements of epochs."""
    amounts = _amounts(row, unit, "lines_total", "known_total", "held_total")
    return shaped(StatementFigures, {**row, **amounts, "statement_id": str(row["statement_id"])})


def _amounts(row: Row, unit: str, *names: str) -> dict[str, Amount | None]:
    return {name: amount(row[name], unit) for name in names}
