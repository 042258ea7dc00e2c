"""Who signs what is recorded: the database's own word for it wherever it can tell one person from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aurora_pipeline.store.access.declared import FILLED
from aurora_pipeline.store.database import Connection

_SIGNING: Final = """
SELECT recorded_at, person, login, is_owner, role_at(person, recorded_at) AS role
FROM (SELECT record_instant() AS recorded_at, session_user::text AS login, is_owner,
             CASE WHEN is_owner THEN %(actor)s::text ELSE current_user::text END AS person
      FROM (SELECT pg_has_role(relowner, 'USAGE') AS is_owner FROM pg_class
            WHERE oid = 'public.audit_log'::regclass) own
      OFFSET 0) signed
"""


@dataclass(frozen=True)
class Signing:
    """Who records, through which login, at which instant of the ledger's clock."""

    person: str
    login: str
    recorded_at: datetime
    role: str | None
    """What the person is to Aurora; None: no user, or not any more."""
    is_owner: bool
    """Whether the login owns Aurora's tables: it is everybody, and says for whom it records."""

    def told(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What is written of a row. Who, when and through what is left to the database, unless its owner says it."""
        if self.is_owner:
            return dict(row)
        return {name: value for name, value in row.items() if name not in FILLED}


def signing(connection: Connection, actor: str) -> Signing:
    """Take the ledger's clock, and sign as the login; one that owns the tables records for the actor it names."""
    row = connection.execute(_SIGNING.encode(), {"actor": actor.strip()}).fetchone()
    assert row is not None  # Aurora's schema has that table
    return Signing(**row)


def connected_as(connection: Connection) -> str | None:
    """The person whose login this is, or whose role it took on; None where it is the owner, who is everybody."""
    row = connection.execute(
        """SELECT current_user::text AS person, pg_has_role(relowner, 'USAGE') AS is_owner
           FROM pg_class WHERE oid = 'public.audit_log'::regclass"""
    ).fetchone()
    assert row is not None  # Aurora's schema has that table
    return None if row["is_owner"] else row["person"]
