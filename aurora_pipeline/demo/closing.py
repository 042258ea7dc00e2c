"""The demo's month end: one partner's month is submitted, approved, released and paid by three people."""

from __future__ import annotations

from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.decisions.person import actor
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.demo.cast import Cast
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.demo.settling import CLOSED, HIRED, LOGIN, NAME, is_as_registered
from aurora_pipeline.foundation.period_key import MonthKey, PeriodKey
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.statements.documents import PayableStatement, statement_of
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.statements.transitions.pay import Payment, pay
from aurora_pipeline.statements.transitions.release import release
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Connection, Database

FIRST_MONTH = MonthKey(CHAIN_ID, "2026-08")
PAID = "northwind"
"""Whose first month is paid: nothing of it is held."""
_APPROVER, _RELEASER = "robin", "sasha"
_NAMES = {LOGIN: NAME, _APPROVER: "Robin Vale", _RELEASER: "Sasha Quill"}


def pay_first_month(database: Database, parameters: Parameters) -> int:
    """Take the steps from draft to payment that are left; says how many: 0 where anybody else decided before."""
    taken = 0
    while True:
        with database.connect() as connection:
            found = statement_of(connection, PAID, FIRST_MONTH)
            if not _is_left(connection, found):
                return taken
        _take_step(database, parameters, found)
        taken += 1


def _is_left(connection: Connection, found: PayableStatement) -> bool:
    if not is_as_registered(connection, with_statements=True):
        return False
    return found.stage is not Stage.PAID and found.next_step != "nothing" and not found.row["unsettled_count"]


def _take_step(database: Database, parameters: Parameters, found: PayableStatement) -> None:
    identifier, chains = found.statement_id, [CHAIN_ID]
    match found.stage:
        case Stage.DRAFT:
            _hire(database, parameters)
            submit(database, identifier, chains, (), LOGIN, CLOSED)
        case Stage.PENDING_APPROVAL:
            approve(database, identifier, chains, _APPROVER, CLOSED)
        case Stage.APPROVED:
            release(database, identifier, chains, _RELEASER, CLOSED)
        case _:
            _pay(database, parameters, found)


def _pay(database: Database, parameters: Parameters, found: PayableStatement) -> None:
    wallet = next(one for one in Cast(parameters).client_wallets if one.name == f"{PAID}-1")
    with database.connect() as connection:
        amount = chain_units(connection)[CHAIN_ID].write(found.row["payable"] - found.paid)
    payment = Payment(amount, wallet.address, f"{PAID} {FIRST_MONTH.month}", parameters.signature("payment", PAID))
    pay(database, found.statement_id, [CHAIN_ID], payment, _RELEASER, CLOSED)


def _hire(database: Database, parameters: Parameters) -> None:
    with database.connect() as connection:
        started = load_period(connection, PeriodKey(CHAIN_ID, parameters.first_epoch)).started_at
        rows = connection.execute("SELECT DISTINCT login FROM users").fetchall()
    known = {row["login"] for row in rows}
    for login, name in _NAMES.items():
        if login not in known:
            record_user(database, login, name, UserRole.FINANCE, None, started, None, actor(), HIRED)
