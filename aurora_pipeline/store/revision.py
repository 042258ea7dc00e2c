"""Which revision a database's schema has and which one this version needs; light, because every command asks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aurora_pipeline.store.database import Database

_MAY_READ = "SELECT has_table_privilege(to_regclass('public.alembic_version'), 'SELECT') AS may"
_VERSIONS = Path(__file__).parent / "migrations" / "versions"


@dataclass(frozen=True)
class Revision:
    """Which revision a database has, and which one this version of Aurora wants."""

    present: str | None
    wanted: str
    is_hidden: bool = False
    """Whether this login may not read which one there is: a partner's, or one that holds no rights here."""

    @property
    def is_current(self) -> bool:
        """Whether nothing has to be done."""
        return self.present == self.wanted


def wanted_revision() -> str:
    """The newest migration's number, with which its file's name begins."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def revision(database: Database) -> Revision:
    """The database's present revision and the wanted one."""
    with database.connect() as connection:
        found = connection.execute(_MAY_READ).fetchone()
        may = None if found is None else found["may"]
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if may else None
    return Revision(None if row is None else row["version_num"], wanted_revision(), is_hidden=may is False)
