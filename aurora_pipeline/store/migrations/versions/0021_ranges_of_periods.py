"""Staged bodies and canonical layers are kept in ranges of periods, which can be moved out of the database."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the ranges and write every row into its own."""
    run(__file__, "up")


def downgrade() -> None:
    """Write the rows back into plain tables; refused where a range was ever moved."""
    run(__file__, "down")
