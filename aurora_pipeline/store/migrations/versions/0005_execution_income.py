"""What each block paid its proposer, and whose addresses are whose."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table of fee recipients and the layer of execution income."""
    run(__file__, "up")


def downgrade() -> None:
    """Take both back."""
    run(__file__, "down")
