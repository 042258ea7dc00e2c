"""Rejected snapshots that are released, and warnings that are acknowledged."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the tables; from now on the database itself refuses to publish what a rule holds back."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them away, with what was decided."""
    run(__file__, "down")
