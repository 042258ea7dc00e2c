"""Keys of periods may have more than seven digits: windows of slots are named by their first one."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Let keys be wider; those there are stay as they are."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them back to seven digits, where none is wider."""
    run(__file__, "down")
