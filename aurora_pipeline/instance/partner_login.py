"""A partner's login at the door: who it is of, and that it may ask for nothing but what was released to it."""

from __future__ import annotations

from typing import NoReturn

from aurora_pipeline.instance.errors import LoginHoldsNothing, PartnerReadsReleased
from aurora_pipeline.store.database import Database

_MAY_ASK = """
SELECT has_function_privilege(to_regprocedure('public.access_partner()'), 'EXECUTE') AS may, current_user::text AS login
"""


def admitted(database: Database) -> str:
    """The partner whose login this is; raises where it is nobody's, or its time is over."""
    with database.connect() as connection:
        asked = connection.execute(_MAY_ASK).fetchone()
        assert asked is not None  # a query without FROM gives one row
        row = connection.execute("SELECT access_partner() AS partner").fetchone() if asked["may"] else None
    if row is not None and row["partner"] is not None:
        return str(row["partner"])
    raise LoginHoldsNothing(
        f"the login {asked['login']} is of nobody who may see anything here now, so nothing was read",
        "have an ADMIN look: `aurora users list` says whose time is over, `aurora users add` lets somebody in",
    )


def refuse_partner(partner: str) -> NoReturn:
    """Say what a partner's login can ask for."""
    raise PartnerReadsReleased(
        f"this login is of the partner {partner}: it reads the statements that were released to it, and nothing else;"
        " nothing was read",
        "`aurora statements list`, `aurora statements show` and `aurora statements export` are for you; ask the"
        " operator for anything else",
    )
