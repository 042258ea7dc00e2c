"""The table of EPOCH statements."""

from __future__ import annotations

from dataclasses import replace

from aurora_pipeline.agreements.tables import PARTNER_ID
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

PARTNER_COMMISSION_STATEMENTS = Table(
    name="partner_commission_statements",
    kind=TableKind.LAYER,
    version=3,
    salted=True,
    description="What each partner is owed for an epoch: the sum of its lines, with what is held, missing or blocked.",
    columns=(
        CHAIN_ID,
        EPOCH,
        Column("statement_id", ColumnKind.UUID, "UUIDv5 over partner, chain and epoch."),
        PARTNER_ID,
        text("partner_name", "The partner's name when it was computed."),
        Column("started_at", ColumnKind.INSTANT, "When the period started (included)."),
        Column("ended_at", ColumnKind.INSTANT, "When the period ended (excluded)."),
        integer("line_count", "How many lines it has, held and missing ones included."),
        integer("held_count", "How many of them are held."),
        integer("missing_count", "How many of them have no amount yet."),
        replace(
            integer("blocked_count", "How many overrides have no target; each blocks it.", nullable=True),
            since=2,
        ),
        money(
            "lines_total",
            "What is owed: the lines' sum, held ones at 0; null when one is missing, or an override blocks it.",
            nullable=True,
        ),
        money("known_total", "The sum of the lines that have an amount and are not held."),
        money("held_total", "The sum of the held lines, which is not owed until the terms are settled.", minimum=0),
        Column("lines_digest", ColumnKind.DIGEST, "Merkle root over its lines' leaves, in the order of their keys."),
        state(of="lines_total"),
        reason(of="the state, every held line, and what overrides changed"),
    ),
    key=("chain_id", "epoch", "partner_id"),
    unique=(("snapshot_id", "statement_id"),),
    indexes=(("statement_id",),),
)

STATEMENT_TABLES = (PARTNER_COMMISSION_STATEMENTS,)
