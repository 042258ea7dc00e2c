"""The foundation's schema."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    run(__file__, "up")


def downgrade() -> None:
    """Take back what `upgrade` made, and nothing else: Alembic's own table and other people's stay."""
    run(__file__, "down")
