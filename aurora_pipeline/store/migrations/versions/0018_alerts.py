"""What people were told of what needs one: each cause once, and once that it is over."""

from __future__ import annotations

from aurora_pipeline.store.migrations.frozen import run

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the table; what needs a person now is told once."""
    run(__file__, "up")


def downgrade() -> None:
    """Take it away: after the next upgrade what still needs a person is told again."""
    run(__file__, "down")
