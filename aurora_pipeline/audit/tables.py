"""The table of the audit log: every decision with before and after, each entry hashed over the one before it."""

from __future__ import annotations

from aurora_pipeline.store.declaration import Column, ColumnKind, Role, Table, integer, text
from aurora_pipeline.store.tables import recorded_at

AUDIT_LOG = Table(
    name="audit_log",
    role=Role.LEDGER,
    description="Every decision and who made it, as a hash chain: changing, removing or reordering an entry shows.",
    columns=(
        integer("sequence", "The entry's place in the chain; 1 is the first, and none is left out.", minimum=1),
        recorded_at(),
        text("actor", "Who did it."),
        text("action", "What was done, like agreement.created."),
        text("subject", "What it was done to, like agreement/northwind-2026."),
        text("before", "The state before, as canonical JSON; null: there was none.", nullable=True),
        text("after", "The state after, as canonical JSON; null: there is none.", nullable=True),
        Column("previous_hash", ColumnKind.DIGEST, "The entry_hash of the entry before; 64 zeros for the first."),
        Column("entry_hash", ColumnKind.DIGEST, "SHA-256 over all the other columns, in this order."),
    ),
    key=("sequence",),
    unique=(("entry_hash",),),
    indexes=(("subject",),),
)

AUDIT_TABLES = (AUDIT_LOG,)
