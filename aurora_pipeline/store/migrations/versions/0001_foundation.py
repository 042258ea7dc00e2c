"""The foundation's schema."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None


def _execute(statement: str) -> None:
    """Run SQL as it stands: through SQLAlchemy every % in it would be a parameter."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # migrations run online only
    driver.execute(statement)


def upgrade() -> None:
    """Create everything."""
    from aurora_pipeline.store.ddl import create_statements
    from aurora_pipeline.tables import ALL_TABLES

    for statement in create_statements(ALL_TABLES):
        _execute(statement)


def downgrade() -> None:
    """Take back what `upgrade` made, and nothing else: Alembic's own table and other people's stay."""
    from aurora_pipeline.store.ddl import drop_statements
    from aurora_pipeline.tables import ALL_TABLES

    for statement in drop_statements(ALL_TABLES):
        _execute(statement)
