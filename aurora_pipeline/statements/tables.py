"""The layers of statements: what each epoch comes to for a partner, and the statements that are paid, with balances."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from aurora_pipeline.agreements.tables import AGREEMENT_ID, PARTNER_ID, RULE_KEY, Series
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    MONTH,
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
    restated=True,
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


class EntryKind(StrEnum):
    """What a statement holds beside the lines of its periods."""

    FLOOR_TOP_UP = "FLOOR_TOP_UP"
    """What a floor per MONTH adds to the month."""
    ADJUSTMENT = "ADJUSTMENT"
    """What a line of an earlier statement, or of a period before it, is more or less than was stated so far."""


class Cause(StrEnum):
    """Why a figure that was stated is another one now."""

    DATA = "DATA"
    """What providers told changed, arrived late or was retracted."""
    RULE = "RULE"
    """The terms changed: a correcting version, a wallet that was added or ended, an agreement's status."""
    OVERRIDE = "OVERRIDE"
    """Somebody stated what is paid, or withdrew it."""
    CODE = "CODE"
    """Aurora computes it in another way."""


def _statement_columns() -> tuple[Column, ...]:
    """What a statement says, whichever its series: from the opening to the closing balance."""
    return (
        Column("statement_id", ColumnKind.UUID, "UUIDv5 over partner, chain, period and series."),
        PARTNER_ID,
        text("partner_name", "The partner's name when it was computed."),
        text(
            "payable_series",
            "The series by which the partner is paid in this month; of another one, it is for information only.",
            one_of=[series.value for series in Series],
        ),
        integer(
            "number",
            "Its place in the chain of the partner's balances, from 1; null: for information only.",
            nullable=True,
            minimum=1,
        ),
        Column("started_at", ColumnKind.INSTANT, "When its first period started; the month's start without one."),
        Column("ended_at", ColumnKind.INSTANT, "When its last period ended; the month's end without one."),
        integer("line_count", "How many lines its periods have, held and missing ones included."),
        integer("held_count", "How many of them are held."),
        integer("missing_count", "How many of them, and of its top-ups, have no amount yet."),
        integer("unsettled_count", "How many are not final or held: each is accepted by name, or it is not submitted."),
        integer("blocked_count", "How many overrides have no target; each blocks it."),
        money("opening", "The closing balance of the statement before; null: for information.", nullable=True),
        money("lines", "The sum of its periods' lines that have an amount and are not held."),
        money("top_ups", "What floors per MONTH add, as far as it is known.", minimum=0),
        money("adjustments", "The sum of its adjustments of what was stated before."),
        money("total", "opening + lines + top_ups + adjustments; null while a figure is missing.", nullable=True),
        money("known_total", "The same with missing figures at 0, as it is paid where they are accepted."),
        money("held_total", "The sum of the held lines, which is not owed until the terms are settled.", minimum=0),
        money("minimum_payout", "The least that is paid; null: for information.", nullable=True, minimum=0),
        money(
            "payable", "known_total where it reaches the minimum, else 0; null: information.", nullable=True, minimum=0
        ),
        money("closing", "known_total - payable, which opens the next; null: for information.", nullable=True),
        Column(
            "lines_digest", ColumnKind.DIGEST, "Merkle root over its lines' leaves, period by period, by their keys."
        ),
        Column("entries_digest", ColumnKind.DIGEST, "Merkle root over its top-ups and adjustments, by their keys."),
        state(of="the total"),
        reason(of="the state, every held line, and what overrides changed"),
        Column("statement_digest", ColumnKind.DIGEST, "Commits to all the other columns: what is approved and paid."),
    )


def _entry_columns() -> tuple[Column, ...]:
    return (
        Column("entry_id", ColumnKind.UUID, "UUIDv5 over the source line and its number, or over the top-up's key."),
        Column("statement_id", ColumnKind.UUID, "The statement it is on."),
        PARTNER_ID,
        text("kind", "A floor's top-up of the month, or an adjustment.", one_of=[kind.value for kind in EntryKind]),
        text("source_period", "The period it is about: an epoch like 0000850, or a month like 2026-08."),
        Column("line_id", ColumnKind.UUID, "The line it adjusts; of a top-up, the top-up's own id."),
        integer("number", "The how manyth entry about that line it is, from 1.", minimum=1),
        AGREEMENT_ID,
        integer("agreement_version", "The version in force now; null: the line is gone.", nullable=True, minimum=1),
        RULE_KEY,
        text("validator_key", "The line's validator; empty: all of the rule's."),
        text("wallet_address", "The line's wallet; empty: the whole validator."),
        text("line_kind", "What the line is.", one_of=[kind.value for kind in LineKind]),
        text("component", "The revenue component the rule looks at."),
        money(
            "stated",
            "What was stated for the line so far, earlier adjustments included; null: a top-up.",
            nullable=True,
        ),
        money("now", "What it comes to now; null: not known yet.", nullable=True),
        money("amount", "What it adds to the statement: now - stated, or the top-up; null: not known.", nullable=True),
        text(
            "cause", "Why it is another figure; null: a top-up.", nullable=True, one_of=[cause.value for cause in Cause]
        ),
        text("disputed_on", "The statement whose accepted dispute it settles; null: none.", nullable=True),
        state(of="the amount"),
        reason(of="the cause or the state, in words"),
    )


_REPEATED = ("minimum_payout",)
_FOUND_BY = (("statement_id",), ("partner_id", "snapshot_id"))
"""A partner's rows are found by the second: policies name the partner and the snapshots it may see."""
_ENTRY_KEY = ("partner_id", "kind", "source_period", "agreement_id", "rule_key", "validator_key", "wallet_address")

MONTHLY_STATEMENTS = Table(
    name="monthly_statements",
    kind=TableKind.LAYER,
    restated=True,
    salted=True,
    description="What each partner is owed for a calendar month, from the opening to the closing balance. Approved ones"
    " are repeated byte for byte.",
    columns=(CHAIN_ID, MONTH, *_statement_columns()),
    key=("chain_id", "month", "partner_id"),
    repeated=_REPEATED,
    unique=(("snapshot_id", "statement_id"),),
    indexes=_FOUND_BY,
)

MONTHLY_ENTRIES = Table(
    name="monthly_statement_entries",
    kind=TableKind.LAYER,
    salted=True,
    description="What monthly statements hold beside their lines: top-ups of floors per MONTH, and adjustments.",
    columns=(CHAIN_ID, MONTH, *_entry_columns()),
    key=("chain_id", "month", *_ENTRY_KEY, "line_kind"),
    repeated=("stated", "now"),
    row_id="entry_id",
    indexes=_FOUND_BY,
)

EPOCH_PAYABLES = Table(
    name="epoch_payables",
    kind=TableKind.LAYER,
    restated=True,
    salted=True,
    description="Statements of partners who are paid by EPOCH, from the opening to the closing balance. Approved ones"
    " are repeated byte for byte.",
    columns=(CHAIN_ID, EPOCH, *_statement_columns()),
    key=("chain_id", "epoch", "partner_id"),
    repeated=_REPEATED,
    unique=(("snapshot_id", "statement_id"),),
    indexes=_FOUND_BY,
)

EPOCH_ENTRIES = Table(
    name="epoch_payable_entries",
    kind=TableKind.LAYER,
    salted=True,
    description="What the statements of partners who are paid by EPOCH hold beside their lines: adjustments.",
    columns=(CHAIN_ID, EPOCH, *_entry_columns()),
    key=("chain_id", "epoch", *_ENTRY_KEY, "line_kind"),
    repeated=("stated", "now"),
    row_id="entry_id",
    indexes=_FOUND_BY,
)

MONTHLY_TABLES = (MONTHLY_STATEMENTS, MONTHLY_ENTRIES)
EPOCH_PAYABLE_TABLES = (EPOCH_PAYABLES, EPOCH_ENTRIES)
STATEMENT_TABLES = (PARTNER_COMMISSION_STATEMENTS, *MONTHLY_TABLES, *EPOCH_PAYABLE_TABLES)
