"""Evidence: what can be shown of a snapshot without showing the rest."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table; evidence is written before the next checkpoint."""
    run(__file__, "up")


def downgrade() -> None:
    """Take it away: it can be computed again, the same but for its time."""
    run(__file__, "down")
