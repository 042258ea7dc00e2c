"""What entries of the audit log came with, and that the database computes their hashes itself."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the columns and guards; entries from before have null there, and keep their hashes."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them away: the audit then names entries of meanwhile, whose hashes commit to these columns."""
    run(__file__, "down")
