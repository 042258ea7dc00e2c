"""A layer of what validators' own balances did, for chains where each has one."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the layer."""
    run(__file__, "up")


def downgrade() -> None:
    """Take it away, with its rows."""
    run(__file__, "down")
