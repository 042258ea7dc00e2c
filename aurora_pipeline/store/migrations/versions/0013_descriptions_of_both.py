"""Descriptions of shared tables hold for chains of either family."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Say it anew; nothing else changes."""
    run(__file__, "up")


def downgrade() -> None:
    """Say it as before."""
    run(__file__, "down")
