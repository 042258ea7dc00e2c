"""Guards judge by all rows, also by those that whoever acts does not see."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Let the functions of triggers run as their owner."""
    run(__file__, "up")


def downgrade() -> None:
    """Let them run as whoever writes again."""
    run(__file__, "down")
