"""The logins of people on the server: made, changed and closed as the newest decision about a person says."""

from __future__ import annotations

from typing import Final

import psycopg

from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.errors import LoginRefused, PasswordTooShort

PASSWORD_LETTERS_MIN: Final = 12
_KNOWN: Final = """
SELECT r.rolname AS login, r.rolcanlogin AS can_log_in FROM pg_roles r
WHERE shobj_description(r.oid, 'pg_authid') = format('Aurora''s: a person of the database %s.', current_database())
"""


def follow(connection: Connection, login: str, password: str | None) -> None:
    """Make the server's login what was just decided about the person; a password is hashed before it leaves here."""
    verifier = None if password is None else _verifier(connection, login, password)
    try:
        connection.execute("SELECT access_login_follows(%s, %s)", [login, verifier])
    except (psycopg.errors.RaiseException, psycopg.errors.InsufficientPrivilege) as error:
        said = (error.diag.message_primary or "").strip()
        remedy = error.diag.message_hint or "have it done by an ADMIN, or by who owns the database and may make roles"
        raise LoginRefused(f"the login {login} can't be made or changed: {said}; nothing was written", remedy) from None


def logins(connection: Connection) -> dict[str, bool]:
    """The logins that people of this database have on the server, and whether each is open."""
    return {row["login"]: row["can_log_in"] for row in connection.execute(_KNOWN.encode()).fetchall()}


def _verifier(connection: Connection, login: str, password: str) -> str:
    """What the server checks a password by, from which the password can't be had again (RFC 5803)."""
    if len(password) < PASSWORD_LETTERS_MIN:
        raise PasswordTooShort(
            f"the password of {login} has {len(password)} letters; nothing was written",
            f"give one of {PASSWORD_LETTERS_MIN} or more",
        )
    return connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
