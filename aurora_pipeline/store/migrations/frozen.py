"""Running the frozen SQL beside a migration: what was once released never changes with the declarations."""

from __future__ import annotations

from pathlib import Path

from alembic import op


def run(migration: str, direction: str) -> None:
    """Execute `<migration>.<direction>.sql` as it stands: through SQLAlchemy every % in it would be a parameter."""
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # migrations run online only
    driver.execute(Path(migration).with_suffix(f".{direction}.sql").read_bytes())
