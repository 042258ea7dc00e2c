"""The tables of commission lines, of what each rule came to, and of the revenue allocation."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from aurora_pipeline.agreements.tables import (
    AGREEMENT_ID,
    PARTNER_ID,
    RULE_KEY,
    RULE_ORDER,
    Basis,
    Method,
    Metric,
)
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    money,
    reason,
    state,
    text,
)


class LineKind(StrEnum):
    """What a line is; part of its identity."""

    LINE = "LINE"
    """What a rule pays for a validator, or of that for a wallet."""
    CAP_REDUCTION = "CAP_REDUCTION"
    """What the rule's cap takes off a line; never above 0."""
    FLOOR_TOP_UP = "FLOOR_TOP_UP"
    """What the rule's floor adds to all of its lines together."""


class Party(StrEnum):
    """Who a part of a component goes to."""

    LINE = "LINE"
    """The partner of a commission line."""
    OPERATOR = "OPERATOR"
    """The operator, who keeps what no line claims."""
    HELD = "HELD"
    """Nobody yet: lines claim more than there is, so the whole component waits for the terms to be settled."""
    UNKNOWN = "UNKNOWN"
    """Nobody yet: the component itself, or what a line claims of it, is not known."""


class Weight(StrEnum):
    """By what a component, or a line, is attributed to wallets."""

    ACTIVE_STAKE = "ACTIVE_STAKE"
    STAKER_REWARDS = "STAKER_REWARDS"


OPERATOR_GUARANTEE = "OPERATOR_GUARANTEE"
"""Stands in a component's place where the operator pays from no component: top-ups, and what overrides add."""

_COMPONENTS = [component.value for component in Component]
_PAYERS = [*_COMPONENTS, OPERATOR_GUARANTEE]


def _later(column: Column) -> Column:
    """A column that came with the second version of its layer."""
    return replace(column, since=2)


PARTNER_COMMISSION_LINES = Table(
    name="partner_commission_lines",
    kind=TableKind.LAYER,
    restated=True,
    version=2,
    salted=True,
    description="What each rule of each agreement pays for each validator in a period, with what it was computed from.",
    columns=(
        CHAIN_ID,
        EPOCH,
        Column("line_id", ColumnKind.UUID, "UUIDv5 over agreement, rule, validator, wallet, chain, period and kind."),
        PARTNER_ID,
        AGREEMENT_ID,
        integer("agreement_version", "The version of the terms that was in force.", minimum=1),
        RULE_KEY,
        RULE_ORDER,
        text(
            "kind",
            "LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that;"
            " FLOOR_TOP_UP: what its floor adds to all its lines.",
            one_of=[kind.value for kind in LineKind],
        ),
        text("validator_key", "The validator's stable key; empty: all of the rule's lines (FLOOR_TOP_UP)."),
        text("wallet_address", "The wallet the line is about; empty: the whole validator."),
        text("component", "The revenue component the rule looks at.", one_of=_COMPONENTS),
        text("funded_by", "What pays the line: a component, or the operator's guarantee.", one_of=_PAYERS),
        text("attribution_method", "How much of the component is the base.", one_of=[m.value for m in Method]),
        text("basis", "What of the component is the base.", one_of=[basis.value for basis in Basis]),
        integer("rate_bps", "The flat rate in hundredths of a percent; null: tiers.", nullable=True, maximum=10_000),
        _later(money("revenue", "The component's amount; null: not known, or not looked at.", nullable=True)),
        _later(money("costs", "What NET takes off it: the costs that reduce it; null on GROSS.", nullable=True)),
        _later(money("loss_before", "The loss carried into the period; null: none are carried.", nullable=True)),
        _later(money("loss_after", "The loss carried out of the period; null: none are carried.", nullable=True)),
        _later(text("weighted_by", "What `weight` counts; null: no weight.", nullable=True, one_of=list(Weight))),
        _later(money("weight", "What the partner's wallets have on the validator.", nullable=True, minimum=0)),
        _later(money("weight_whole", "What all wallets have; null: the weight is the base.", nullable=True, minimum=0)),
        money("base", "What the rate applies to; on cuts, what is cut; null: not known.", nullable=True, minimum=0),
        _later(money("rule_base", "The bases of all the rule's validators; on cuts, what is cut.", nullable=True)),
        _later(money("rule_amount", "What the rule's validators share by their bases.", nullable=True)),
        _later(text("rule_trace", "The arithmetic of rule_amount; null on flat rates.", nullable=True)),
        _later(money("validator_amount", "What the validator's wallets share; null: no wallet.", nullable=True)),
        _later(money("wallet_weight", "What of it is the wallet's, as its share is weighted.", nullable=True)),
        money("computed", "What the terms give: the base at its rate, or a share; null without a base.", nullable=True),
        money("override", "What is paid instead of the computed amount; null: nothing else.", nullable=True, minimum=0),
        money("final", "The override if there is one, else the computed amount. Counts 0 while held.", nullable=True),
        Column("held", ColumnKind.BOOLEAN, "Whether it waits because lines claim more than the component holds."),
        state(of="the line's amounts"),
        reason(of="the state, or of being held"),
    ),
    key=(
        "chain_id",
        "epoch",
        "partner_id",
        "agreement_id",
        "rule_key",
        "validator_key",
        "wallet_address",
        "kind",
    ),
    row_id="line_id",
    repeated=(
        "revenue",
        "costs",
        "loss_before",
        "loss_after",
        "weight",
        "weight_whole",
        "base",
        "rule_base",
        "rule_amount",
        "validator_amount",
        "wallet_weight",
    ),
    # The second is how a partner's rows are found: policies name the partner and the snapshots it may see.
    indexes=(("line_id",), ("partner_id", "snapshot_id")),
)

COMMISSION_RULE_RESULTS = Table(
    name="commission_rule_results",
    kind=TableKind.LAYER,
    salted=True,
    description="What each rule came to in a period: its totals, and what later periods of its windows start from.",
    columns=(
        CHAIN_ID,
        EPOCH,
        PARTNER_ID,
        AGREEMENT_ID,
        integer("agreement_version", "The version of the terms that was in force.", minimum=1),
        RULE_KEY,
        integer("validator_count", "How many validators it pays for."),
        integer("missing_count", "How many of their bases are not known; they count 0 in base."),
        money("base", "The sum of its known bases.", minimum=0),
        text("metric", "What its tiers run over; null: a flat rate.", nullable=True, one_of=list(Metric)),
        money("metric_start", "The metric before the period, where it is cumulative.", nullable=True, minimum=0),
        money("metric_end", "The metric that decided the tier; null: a flat rate.", nullable=True, minimum=0),
        money("computed", "The sum of its lines before floor and cap, as far as known.", minimum=0),
        money("cap", "Its cap; null: none.", nullable=True, minimum=0),
        money("cap_start", "What the month's earlier periods computed, where the cap is monthly.", nullable=True),
        money("cap_reduction", "What the cap takes off: 0 or below."),
        money("floor", "Its floor; null: none.", nullable=True, minimum=0),
        money("floor_top_up", "What a floor per period adds; null: not known yet.", nullable=True, minimum=0),
        money("override", "What is paid in all instead; null: nothing else.", nullable=True, minimum=0),
        money("final", "The sum of what is paid, held lines included; null where one is not known.", nullable=True),
        state(of="the rule's totals and the metric it started from"),
        reason(),
    ),
    key=("chain_id", "epoch", "partner_id", "agreement_id", "rule_key"),
    repeated=("base", "metric_start", "metric_end", "cap", "cap_start", "floor"),
    indexes=(("agreement_id", "rule_key"),),
)

REVENUE_ALLOCATION = Table(
    name="revenue_allocation",
    kind=TableKind.LAYER,
    version=2,
    salted=True,
    description="Who gets every unit of every component of every validator: the parts sum to the component, exactly.",
    columns=(
        CHAIN_ID,
        EPOCH,
        text("validator_key", "The validator's stable key; empty: a rule's top-up, which is about no single one."),
        text("component", "The revenue component that is divided, or the operator's guarantee.", one_of=_PAYERS),
        Column("part_id", ColumnKind.UUID, "On LINE parts the id of the validator's line; else over the part's key."),
        text("party", "Who the part goes to.", one_of=[party.value for party in Party]),
        text("partner_id", "The partner on LINE parts, else null.", nullable=True),
        money("amount", "The part; null where the component is not known.", nullable=True, minimum=0),
        state(of="the component"),
        reason(of="the state, or of being held"),
    ),
    key=("chain_id", "epoch", "validator_key", "component", "part_id"),
)

COMMISSION_TABLES = (PARTNER_COMMISSION_LINES, COMMISSION_RULE_RESULTS, REVENUE_ALLOCATION)
