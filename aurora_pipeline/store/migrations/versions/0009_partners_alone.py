"""A partner's queries run without parallel workers."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Keep the function out of parallel plans."""
    run(__file__, "up")


def downgrade() -> None:
    """Let it in again."""
    run(__file__, "down")
