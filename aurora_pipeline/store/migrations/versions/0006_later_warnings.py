"""Warnings of a later computation of the same content."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table; every snapshot keeps what its report says."""
    run(__file__, "up")


def downgrade() -> None:
    """Take it away, with what was told later."""
    run(__file__, "down")
