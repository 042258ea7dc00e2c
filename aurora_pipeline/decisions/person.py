"""Who acts: the person behind a command, and whether that person is one who decides."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Any, Final

from aurora_pipeline.decisions.errors import MayNotDecide
from aurora_pipeline.decisions.revisions import holds_at
from aurora_pipeline.decisions.signing import connected_as
from aurora_pipeline.decisions.tables import USERS, UserRole
from aurora_pipeline.decisions.unlogged_rows import require_whole
from aurora_pipeline.decisions.users import DECIDING, may_decide, register_first, users
from aurora_pipeline.store.database import Database

_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = "the first person to decide on this instance"


def actor() -> str:
    """Who acts, for the record: the operating system's user name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def acting(database: Database) -> str:
    """Who acts on a database: whose login it is; on one that trusts whoever owns it, the operating system's user."""
    with database.connect() as connection:
        return connected_as(connection) or actor()


def speaking(database: Database) -> str:
    """The person behind a command who may speak for a partner: one of the partner's, or one who decides."""
    person, now = acting(database), datetime.now(UTC)
    require_whole(database, (USERS,))
    row = _users(database).get(person)
    if row is not None and row["role"] == UserRole.PARTNER and holds_at(row, now):
        return person
    return deciding(database)


def deciding(database: Database) -> str:
    """The person behind a command, who has to be a registered user to decide anything.

    On an instance without users, whoever decides first is registered as its ADMIN, with an entry in the audit log.
    """
    with database.connect() as connection:
        login = connected_as(connection)
    person, now = login or actor(), datetime.now(UTC)
    require_whole(database, (USERS,))
    known = _users(database)
    if not known and login is None:
        register_first(database, person, _ALWAYS, _FIRST)
        known = _users(database)
    row = known.get(person)
    if row is not None and may_decide(row, now):
        return person
    decides_nothing = row is not None and row["role"] not in DECIDING
    what = "not a user" if row is None else f"of the role {row['role']}" if decides_nothing else "no user at this time"
    others = ", ".join(sorted(login for login, one in known.items() if may_decide(one, now))[:3])
    raise MayNotDecide(
        f"{person} is {what} of this instance, so nothing was written: decisions are recorded under the names of"
        f" registered people whose role is {', '.join(sorted(DECIDING))}",
        f"have one of them ({others}) register you: `aurora users add {person} --name NAME --role FINANCE --from DAY"
        " --reason WHY`",
    )


def _users(database: Database) -> dict[str, dict[str, Any]]:
    with database.connect() as connection:
        return {row["login"]: row for row in users(connection)}
