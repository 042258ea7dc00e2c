"""What the roles of a database are called: roles are of the whole server, so their names carry the database's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.errors import DatabaseRoleUnusable

_NAME_BYTES_MAX: Final = 63
_MARK: Final = "Aurora's: reads the database {}, and nothing else."
_MARK_OF_ROLE: Final = "Aurora's: {} of the database {}."
_API: Final = "API"
_NARROWED: Final = "NARROWED"


@dataclass(frozen=True)
class Roles:
    """The roles of a database."""

    group: str
    """Holds what the login that only reads may do."""
    login: str
    """The login that only reads."""
    mark: str
    database: str

    @classmethod
    def of(cls, name: str) -> Roles:
        """Those of the database of this name."""
        return cls(short(name, "_read"), short(name, "_reader"), _MARK.format(name), name)

    def of_role(self, role: Role) -> str:
        """The role that holds what people of a kind may do; the worker's is its login too."""
        return short(self.database, f"_{role.lower()}")

    @property
    def api(self) -> str:
        """The login that takes on a person's role for one transaction."""
        return short(self.database, f"_{_API.lower()}")

    @property
    def narrowed(self) -> str:
        """Whom the policies of narrowed people are for: all others are spared them. It is granted nothing."""
        return short(self.database, f"_{_NARROWED.lower()}")

    @property
    def marks(self) -> Mapping[str, str]:
        """The comment by which each role is known for Aurora's."""
        kinds = {self.of_role(role): role.value for role in Role} | {self.api: _API, self.narrowed: _NARROWED}
        named = {name: _MARK_OF_ROLE.format(kind, self.database) for name, kind in kinds.items()}
        return {self.group: self.mark, self.login: self.mark, **named}


def short(name: str, ending: str) -> str:
    """A role's name: PostgreSQL cuts longer ones, and two databases' would be one."""
    if len((name + ending).encode()) <= _NAME_BYTES_MAX:
        return name + ending
    return f"aurora_{hashlib.sha256(name.encode()).hexdigest()[:32]}{ending}"


def roles_of(connection: Connection) -> Roles:
    """The roles of the database at hand."""
    row = connection.execute("SELECT current_database() AS name").fetchone()
    assert row is not None  # a query without FROM gives one row
    return Roles.of(row["name"])


def is_ours(connection: Connection, role: str, mark: str) -> bool:
    """Whether a role is there. One of that name that somebody else made is given nothing."""
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if row is not None and row["mark"] != mark:
        raise DatabaseRoleUnusable(
            f"the role {role} is on this server already, and Aurora did not make it", "rename it, or drop it"
        )
    return row is not None
