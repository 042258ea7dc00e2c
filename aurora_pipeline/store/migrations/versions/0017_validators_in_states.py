"""What a chain's states tell of validators stands beside what else they were."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the columns; what is there stays as it was, and has none of them."""
    run(__file__, "up")


def downgrade() -> None:
    """Go back, where nothing was written with them: an older Aurora could not prove it."""
    run(__file__, "down")
