"""The decisions that the demo records: whose reasons it gives, and the override of one line by somebody with a name."""

from __future__ import annotations

from aurora_pipeline.agreements.overrides import Target, record_override, recorded_overrides
from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.units import chain_units, parse_amount
from aurora_pipeline.commissions.identity import line_id
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.commissions.targets import line_target
from aurora_pipeline.decisions.person import actor
from aurora_pipeline.decisions.recording import Change
from aurora_pipeline.decisions.tables import UserRole
from aurora_pipeline.decisions.users import record_user
from aurora_pipeline.demo.cast import Cast
from aurora_pipeline.demo.parameters import CHAIN_ID, Parameters
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.periods.record import load_period
from aurora_pipeline.store.database import Connection, Database

AGREED = "the demo's agreements"
INTRODUCED = "the demo's wallets"
REGISTERED = "the demo's validators and costs"
HIRED = "the demo's people"
CLOSED = "the demo's month end"
LOGIN, NAME = "finley", "Finley Ames"
_SETTLED = "agreed with Northwind: tips that an outage of ours kept from its clients"
_AMOUNT = "0.01 SOL"


def settled_line(parameters: Parameters, epoch: int) -> Target:
    """The line whose pay is settled: Northwind's tips of the first validator."""
    vote = Cast(parameters).operated[0].vote
    return Target(OverrideTarget.LINE, "northwind-2026", "tips", CHAIN_ID, epoch, vote)


def settle(database: Database, parameters: Parameters, epoch: int) -> Change | None:
    """Override a line of an epoch, as `aurora override` does it; None where anybody decided something himself before.

    What is paid changes once the lines are computed again.
    """
    with database.connect() as connection:
        if recorded_overrides(connection, CHAIN_ID) or not is_as_registered(connection):
            return None
        started = load_period(connection, PeriodKey(CHAIN_ID, parameters.first_epoch)).started_at
    record_user(database, LOGIN, NAME, UserRole.FINANCE, None, started, None, actor(), HIRED)
    with database.connect() as connection:
        line = settled_line(parameters, epoch)
        identifier = line_id(
            line.agreement_id, line.rule_key, line.validator_key, "", CHAIN_ID, epoch, LineKind.LINE.value
        )
        found = line_target(connection, identifier)
        amount = parse_amount(chain_units(connection)[CHAIN_ID], _AMOUNT)
        return record_override(connection, found.target, amount, found.computed, LOGIN, _SETTLED)


def is_as_registered(connection: Connection, *, with_statements: bool = False) -> bool:
    """Whether what partners are paid by is what the demo wrote, and nobody decided anything else.

    What was decided about statements changes no figure of theirs, and counts only `with_statements`.
    """
    row = connection.execute(
        """SELECT FROM audit_log WHERE subject NOT LIKE 'user/%%' AND (%s OR subject NOT LIKE 'statement/%%')
           AND after::jsonb ->> 'reason' <> ALL(%s) LIMIT 1""",
        [with_statements, [AGREED, INTRODUCED, REGISTERED, _SETTLED, CLOSED]],
    ).fetchone()
    return row is None
