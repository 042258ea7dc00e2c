"""What is looked at when Aurora starts: whether logins may do more than they should, and duties are separated."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.store.access.declared import Role
from aurora_pipeline.store.access.names import roles_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.errors import LoginsUnsafe

SERVER_MIN: Final = 18_00_06
"""What a production server has to be: earlier ones lack fixes of how rows are kept from people (18.6)."""
_BEYOND: Final = """
WITH watched AS (
    SELECT r.*, r.rolname = %(api)s AS is_api FROM pg_roles r
    WHERE r.rolname = %(api)s
       OR r.oid IN (SELECT m.member FROM pg_auth_members m WHERE m.roleid = to_regrole(%(group)s)))
SELECT rolname AS login, 'is a superuser' AS what FROM watched WHERE rolsuper
UNION ALL SELECT rolname, 'passes row-level security' FROM watched WHERE rolbypassrls
UNION ALL SELECT rolname, 'makes roles, databases or replicas' FROM watched
    WHERE rolcreaterole OR rolcreatedb OR rolreplication
UNION ALL SELECT rolname, 'holds the rights of ' || m.roleid::regrole FROM watched w
    JOIN pg_auth_members m ON m.member = w.oid
    WHERE CASE WHEN is_api THEN m.inherit_option ELSE m.roleid <> to_regrole(%(group)s) OR m.set_option END
ORDER BY 1, 2 LIMIT 1
"""
_DUTIES: Final = """
SELECT pg_has_role(c.relowner, 'USAGE') AS is_owner, c.relforcerowsecurity AS is_forced,
       current_setting('server_version_num')::integer AS server, current_setting('server_version') AS shown
FROM pg_class c WHERE c.oid = 'public.users'::regclass
"""


def require_safe_logins(connection: Connection) -> None:
    """Raise where a partner's login, or the one that takes on people's roles, may do more than it should."""
    roles = roles_of(connection)
    told = {"api": roles.api, "group": f'"{roles.of_role(Role.PARTNER)}"'}
    row = connection.execute(_BEYOND.encode(), told).fetchone()
    if row is not None:
        raise LoginsUnsafe(
            f"the login {row['login']} {row['what']}, so it could see or do what is not its own; nothing was done",
            f"take that from it (ALTER ROLE, REVOKE), or drop it: DROP ROLE {row['login']}",
        )


def access_notes(connection: Connection, *, is_embedded: bool) -> list[str]:
    """What people should know of who is kept from what here."""
    row = connection.execute(_DUTIES.encode()).fetchone()
    assert row is not None  # Aurora's schema has that table
    notes = []
    if is_embedded:
        notes.append(
            "duties are not separated here: the embedded server trusts its one user, and names are as that user says"
        )
    elif row["is_owner"]:
        notes.append(
            "duties are not separated for this login: it owns the database, and says under whose name it decides;"
            " people have logins of their own (docs/access.md)"
        )
    if not is_embedded and row["server"] < SERVER_MIN:
        notes.append(
            f"the server is PostgreSQL {row['shown']}: 18.6 or newer is needed in production, for how it keeps rows"
            " from people"
        )
    if not is_embedded and not row["is_forced"]:
        notes.append(
            "the owner of the database works itself, and sees every row: have `aurora db upgrade` run by a superuser"
            " once, and let the service work as the worker's login"
        )
    return notes
