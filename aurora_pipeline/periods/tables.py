"""The table of finalized periods."""

from __future__ import annotations

from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    EPOCH,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    text,
)
from aurora_pipeline.store.tables import recorded_at

CANONICAL_PERIODS = Table(
    name="canonical_periods",
    kind=TableKind.LEDGER,
    description="Finalized periods: their slots and instants, read from staged answers.",
    columns=(
        CHAIN_ID,
        EPOCH,
        text("period_key", "The partition key, chain:epoch."),
        integer("first_slot", "The period's first slot."),
        integer("last_slot", "The period's last slot."),
        integer("first_block_slot", "The first slot with a block."),
        integer("last_block_slot", "The last slot with a block."),
        Column(
            "started_at",
            ColumnKind.INSTANT,
            "When it began, as the chain or a file says: where blocks carry the time, that of the first.",
        ),
        Column("ended_at", ColumnKind.INSTANT, "When it ended: where blocks carry the time, that of the last."),
        Column("period_digest", ColumnKind.DIGEST, "Commits to slots and instants.", digested=False),
        Column("payload_ids", ColumnKind.INTEGERS, "The answers they were read from.", digested=False),
        recorded_at(),
    ),
    key=("chain_id", "epoch"),
    unique=(("period_key",),),
)

PERIOD_TABLES = (CANONICAL_PERIODS,)
