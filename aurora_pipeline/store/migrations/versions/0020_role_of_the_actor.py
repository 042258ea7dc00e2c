"""What the actor was is in the audit log, a partner's released snapshots are found by an index alone, and payments to
accounts of others are refused."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the column and the index."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them away; entries that name a role lose it, and their hashes with it."""
    run(__file__, "down")
