"""The signed log over what was published and decided: its leaves, its checkpoints, its keys."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create the tables; the first checkpoint takes in all that was recorded before."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them away. What others keep of checkpoints still proves what was; the log would be numbered anew."""
    run(__file__, "down")
