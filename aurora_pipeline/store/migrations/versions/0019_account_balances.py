"""A layer of what validators' accounts held at the edges of a period, for chains where accounts earn."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Create the layer."""
    run(__file__, "up")


def downgrade() -> None:
    """Take it away, with its rows."""
    run(__file__, "down")
