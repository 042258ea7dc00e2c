"""The tables of commission lines and of the revenue allocation."""

from __future__ import annotations

from enum import StrEnum

from aurora_pipeline.agreements.tables import (
    AGREEMENT_ID,
    PARTNER_ID,
    RULE_KEY,
    RULE_ORDER,
    Basis,
    Method,
)
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    VALIDATOR_KEY,
    Column,
    ColumnKind,
    Role,
    Table,
    integer,
    money,
    reason,
    state,
    text,
)


class LineKind(StrEnum):
    """What a line is; part of its identity."""

    LINE = "LINE"
    """What a rule pays for a validator."""


class Party(StrEnum):
    """Who a part of a component goes to."""

    LINE = "LINE"
    """The partner of a commission line."""
    OPERATOR = "OPERATOR"
    """The operator, who keeps what no line claims."""
    HELD = "HELD"
    """Nobody yet: lines claim more than there is, so the whole component waits for the terms to be settled."""
    UNKNOWN = "UNKNOWN"
    """Nobody yet: the component itself is not known."""


_COMPONENTS = [component.value for component in Component]

PARTNER_COMMISSION_LINES = Table(
    name="partner_commission_lines",
    role=Role.LAYER,
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
        text("kind", "LINE: what a rule pays for a validator.", one_of=[kind.value for kind in LineKind]),
        VALIDATOR_KEY,
        text("wallet_address", "The wallet the line is about; empty: the whole validator."),
        text("component", "The revenue component the rule looks at.", one_of=_COMPONENTS),
        text("funded_by", "The component that pays the line.", one_of=_COMPONENTS),
        text("attribution_method", "How much of the component is the base.", one_of=[m.value for m in Method]),
        text("basis", "What of the component is the base.", one_of=[basis.value for basis in Basis]),
        integer("rate_bps", "The flat rate in hundredths of a percent.", nullable=True, maximum=10_000),
        money("base", "What the rate applies to; null where the component is not known.", nullable=True, minimum=0),
        money("computed", "floor(base x rate_bps / 10000); null without a base.", nullable=True),
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
    unique=(("snapshot_id", "line_id"),),
    indexes=(("line_id",),),
)

REVENUE_ALLOCATION = Table(
    name="revenue_allocation",
    role=Role.LAYER,
    salted=True,
    description="Who gets every unit of every component of every validator: the parts sum to the component, exactly.",
    columns=(
        CHAIN_ID,
        EPOCH,
        VALIDATOR_KEY,
        text("component", "The revenue component that is divided.", one_of=_COMPONENTS),
        Column("part_id", ColumnKind.UUID, "The line's id on LINE parts; on others UUIDv5 over the part's key."),
        text("party", "Who the part goes to.", one_of=[party.value for party in Party]),
        text("partner_id", "The partner on LINE parts, else null.", nullable=True),
        money("amount", "The part; null where the component is not known.", nullable=True, minimum=0),
        state(of="the component"),
        reason(of="the state, or of being held"),
    ),
    key=("chain_id", "epoch", "validator_key", "component", "part_id"),
)

COMMISSION_TABLES = (PARTNER_COMMISSION_LINES, REVENUE_ALLOCATION)
