"""What was stated holds, whoever publishes, pays, disputes, answers or opens."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Refuse by the database what only the program refused."""
    run(__file__, "up")


def downgrade() -> None:
    """Take back what `upgrade` made."""
    run(__file__, "down")
