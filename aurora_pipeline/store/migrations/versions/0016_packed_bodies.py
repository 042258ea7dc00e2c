"""Long bodies of answers are stored packed."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Say of each body whether it is packed; those there are stay as they came."""
    run(__file__, "up")


def downgrade() -> None:
    """Go back, where nothing is packed: an older Aurora could not read it."""
    run(__file__, "down")
