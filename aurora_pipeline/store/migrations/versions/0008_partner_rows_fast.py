"""A partner's lines are found by an index, and what policies ask costs nothing per row."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the index, let the functions stand in parallel plans, and give narrowed people a role of their own."""
    run(__file__, "up")


def downgrade() -> None:
    """Take all of it away."""
    run(__file__, "down")
