"""Who acts: the person behind a command, and whether that person is one who decides."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any, Final

from aurora_pipeline.decisions.logged import require_whole
from aurora_pipeline.decisions.tables import USERS
from aurora_pipeline.decisions.users import register_first, users
from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.store.database import Database

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = "the first person to decide on this instance"


def actor() -> str:
    """Who acts, for the record: the operating system's user name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def deciding(database: Database) -> str:
    """The person behind a command, who has to be a registered user to decide anything.

    On an instance without users, whoever decides first is registered as its ADMIN, with an entry in the audit log.
    """
    person, now = actor(), datetime.now(UTC)
    require_whole(database, (USERS,))
    known = _users(database)
    if not known:
        register_first(database, person, _ALWAYS, _FIRST)
        known = _users(database)
    row = known.get(person)
    if row is None or not (row["valid_from"] <= now and (row["valid_until"] is None or now < row["valid_until"])):
        others = ", ".join(sorted(login for login, one in known.items() if one["valid_until"] is None)[:3])
        raise AuroraError(
            f"{person} is {'not a user' if row is None else 'no longer a user'} of this instance, so nothing was"
            " written: decisions are recorded under the names of people who are registered",
            f"have one of its users ({others}) register you: `aurora users add {person}`, see --help",
        )
    return person


def _users(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as connection:
        return {row["login"]: row for row in users(connection)}
