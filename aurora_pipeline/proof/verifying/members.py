"""Checks that nobody holds what the roles of people may do but whom a decision about users says so."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.proof.findings import Checked, Findings
from aurora_pipeline.store.access.applying import is_granted
from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.access.names import Roles, roles_of
from aurora_pipeline.store.database import Connection

_MEMBERS: Final = """
SELECT m.member::regrole::text AS shown, w.rolname AS login, g.rolname AS held, w.rolsuper AS is_superuser,
       m.admin_option AS may_grant
FROM pg_auth_members m JOIN pg_roles w ON w.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
WHERE g.rolname = ANY(%s) AND m.member <> (SELECT relowner FROM pg_class WHERE oid = 'public.users'::regclass)
ORDER BY w.rolname, g.rolname
"""
_DECIDED: Final = """
SELECT DISTINCT ON (login) login, role, chains IS NOT NULL OR validators IS NOT NULL AS is_narrowed
FROM users ORDER BY login, revision DESC
"""


def verify_members(connection: Connection, findings: Findings) -> None:
    """Compare who is a member of the roles of people with the table of users.

    Only a login that sees every user can tell; a copy of a database has no roles of its own. Whoever owns the tables
    made the roles, and is a member by that.
    """
    row = connection.execute("SELECT row_security_active('public.users') AS hides").fetchone()
    if row is None or row["hides"] or not is_granted(connection):
        return
    roles = roles_of(connection)
    held = {role: roles.of_role(role) for role in Role}
    due = {(row["login"], place) for row in connection.execute(_DECIDED.encode()) for place in _due(row, roles)}
    due |= {(roles.login, roles.group)}
    watched = [*held.values(), roles.narrowed, roles.group]
    for one in connection.execute(_MEMBERS.encode(), [watched]).fetchall():
        where = f"login {one['login']}"
        if one["is_superuser"]:
            continue  # may do everything already
        if (one["login"], one["held"]) not in due:
            problem = f"it is a member of {one['held']}, which no decision about users says: somebody granted it"
            findings.fail(Checked.MEMBER, where, problem)
        elif one["may_grant"]:
            findings.fail(Checked.MEMBER, where, f"it may make others members of {one['held']}")
        else:
            findings.ok(Checked.MEMBER)


def _due(row: dict[str, object], roles: Roles) -> list[str]:
    """Of which roles somebody is a member by the newest decision about it."""
    held = [roles.of_role(Role(str(row["role"])))]
    return [*held, roles.narrowed] if row["is_narrowed"] else held
