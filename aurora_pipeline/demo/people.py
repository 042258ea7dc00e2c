"""The people of the demo, and in whose words what they decide is recorded."""

from __future__ import annotations

from aurora_pipeline.decisions.person import actor
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.store.database import Connection, Database

AGREED = "the demo's agreements"
INTRODUCED = "the demo's wallets"
REGISTERED = "the demo's validators and costs"
HIRED = "the demo's people"
CLOSED = "the demo's month end"
SETTLED = "agreed with Northwind: tips that an outage of ours kept from its clients"
DISPUTED = "your outage kept tips from our clients, and the line says nothing of it"
ANSWERED = "right: the line pays what was agreed"
CORRECTED = "the signed contract says 8 %, and 7 % were typed in"
_DECIDED = (AGREED, INTRODUCED, REGISTERED, CLOSED, SETTLED, DISPUTED, ANSWERED, CORRECTED)

LEAD, APPROVER, RELEASER, CLIENT = "finley", "robin", "sasha", "nora"
_CLIENT_OF = "northwind"
_PEOPLE = {
    LEAD: ("Finley Ames", UserRole.FINANCE, None),
    APPROVER: ("Robin Vale", UserRole.FINANCE, None),
    RELEASER: ("Sasha Quill", UserRole.FINANCE, None),
    CLIENT: ("Nora Wynn", UserRole.PARTNER, _CLIENT_OF),
}


def hire(database: Database, parameters: Parameters, login: str) -> None:
    """Register one of the demo's people, unless somebody is known by that login."""
    with database.connect() as connection:
        if connection.execute("SELECT FROM users WHERE login = %s LIMIT 1", [login]).fetchone() is not None:
            return
        started = load_period(connection, PeriodKey(CHAIN_ID, EpochNumber(parameters.first_epoch))).started_at
    name, role, partner_id = _PEOPLE[login]
    record_user(database, login, name, role, partner_id, started, None, actor(), HIRED)


def is_as_registered(connection: Connection, *, with_statements: bool = False) -> bool:
    """Whether what partners are paid by is what the demo wrote, and nobody decided anything else.

    Who works here and which key signs changes no figure. What was decided about statements changes none of theirs, and
    counts only `with_statements`.
    """
    row = connection.execute(
        """SELECT FROM audit_log
           WHERE subject NOT LIKE 'user/%%' AND subject NOT LIKE 'log_key/%%'
           AND (%s OR subject NOT LIKE 'statement/%%') AND after::jsonb ->> 'reason' <> ALL(%s) LIMIT 1""",
        [with_statements, list(_DECIDED)],
    ).fetchone()
    return row is None
