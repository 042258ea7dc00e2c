"""Who did it and through which login, what released statements stand in, and whose rights count."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, functions and views that access rests on."""
    run(__file__, "up")


def downgrade() -> None:
    """Take them away: what was recorded through which login is lost with them."""
    run(__file__, "down")
