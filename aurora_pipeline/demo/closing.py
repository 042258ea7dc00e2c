"""The demo's month end: what people decide about August, step by step, and what they find out to be wrong in it.

Three partners' statements are submitted, approved and released by three people. One partner disputes a line of its
own, and the dispute is accepted; two are paid; one's total is too small, and held lines of it are accepted by name. At
last a rate turns out to have been typed wrongly. What it changes of August comes back in September.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aurora_pipeline.agreements.overrides import recorded_overrides
from aurora_pipeline.agreements.units import chain_units
from aurora_pipeline.demo.people import (
    ANSWERED,
    APPROVER,
    CLIENT,
    CLOSED,
    DISPUTED,
    LEAD,
    RELEASER,
    hire,
    is_as_registered,
)
from aurora_pipeline.demo.settling import AMOUNT, correct, is_to_be_corrected, settle, settled_line, settled_line_id
from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import CHAIN_ID, Parameters
from aurora_pipeline.foundation.period_key import MonthKey
from aurora_pipeline.statements.decided import DisputeVerdict
from aurora_pipeline.statements.documents import PayableStatement, document, payable_statements, unsettled_ids
from aurora_pipeline.statements.history import disputes
from aurora_pipeline.statements.stated import Stage
from aurora_pipeline.statements.transitions.answer import answer, dispute
from aurora_pipeline.statements.transitions.approve import approve
from aurora_pipeline.statements.transitions.pay import Payment, pay
from aurora_pipeline.statements.transitions.release import release
from aurora_pipeline.statements.transitions.submit import submit
from aurora_pipeline.store.database import Connection, Database

FIRST_MONTH = MonthKey(CHAIN_ID, "2026-08")
DISPUTING, CORRECTED, CARRIED = "northwind", "lumen", "halcyon"
CLOSED_PARTNERS = (DISPUTING, CORRECTED, CARRIED)
"""Whose August is closed; the fourth partner's is left for whoever tries the demo."""
_CHAINS = (CHAIN_ID,)
Deed = Callable[[], object]


@dataclass(frozen=True)
class Closing:
    """Where the month is closed, and for which chain."""

    database: Database
    parameters: Parameters
    agreements: Path
    """The file that the correction is written into."""

    def close(self) -> int:
        """Take the steps that are left, and say how many: none where anybody else decided something before."""
        taken = 0
        while (step := self._next()) is not None:
            step()
            taken += 1
        return taken

    def _next(self) -> Deed | None:
        with self.database.connect() as connection:
            if not is_as_registered(connection, with_statements=True):
                return None
            found = {
                one.row["partner_id"]: one
                for one in payable_statements(connection, CHAIN_ID)
                if one.key == FIRST_MONTH and one.is_payable and not one.row["blocked_count"]
            }
            every = [found[partner_id] for partner_id in CLOSED_PARTNERS if partner_id in found]
            steps = [self._towards_release(connection, one) for one in every]
            steps += [self._answered(connection, one) for one in every if one.row["partner_id"] == DISPUTING]
            steps += [self._paid(connection, one) for one in every]
            if every and is_to_be_corrected(connection, self.parameters, self.agreements):
                steps.append(partial(correct, self.database, self.parameters, self.agreements))
        return next((step for step in steps if step is not None), None)

    def _towards_release(self, connection: Connection, one: PayableStatement) -> Deed | None:
        given = (self.database, one.statement_id, _CHAINS)
        match one.stage:
            case Stage.DRAFT:
                accepted = list(unsettled_ids(document(connection, one)))
                return self._by(LEAD, partial(submit, *given, accepted, LEAD, CLOSED))
            case Stage.PENDING_APPROVAL:
                return self._by(APPROVER, partial(approve, *given, APPROVER, CLOSED))
            case Stage.APPROVED:
                return self._by(RELEASER, partial(release, *given, RELEASER, CLOSED))
        return None

    def _answered(self, connection: Connection, one: PayableStatement) -> Deed | None:
        """The dispute, the override that settles it, and the answer that names the override."""
        given = (self.database, one.statement_id, _CHAINS)
        epoch = disputed_epoch(self.parameters)
        line, target = settled_line_id(self.parameters, epoch), settled_line(self.parameters, epoch)
        overridden = [override.target for override in recorded_overrides(connection, CHAIN_ID)]
        if overridden not in ([], [target]):
            return None
        raised = disputes(connection, statement_id=one.statement_id)
        if not raised:
            return self._by(CLIENT, partial(dispute, *given, line, AMOUNT, CLIENT, DISPUTED))
        if raised[0].state != "OPEN":
            return None
        if not overridden:
            return partial(settle, self.database, self.parameters, epoch)
        by = f"{target.agreement_id}/{target.rule_key}"
        return partial(answer, *given, line, DisputeVerdict.ACCEPTED, by, RELEASER, ANSWERED)

    def _paid(self, connection: Connection, one: PayableStatement) -> Deed | None:
        """The payment of what is payable, to a wallet of the partner's or to the account that it named."""
        left = one.row["payable"] - one.paid
        if one.stage is not Stage.RELEASED or left == 0:
            return None
        partner = str(one.row["partner_id"])
        wallets = {wallet.name: wallet.address for wallet in Cast(self.parameters).client_wallets}
        payment = Payment(
            chain_units(connection)[CHAIN_ID].write(left),
            wallets.get(f"{partner}-1", self.parameters.key("payout", partner)),
            f"{partner} {FIRST_MONTH.month}",
            self.parameters.signature("payment", partner),
        )
        return partial(pay, self.database, one.statement_id, _CHAINS, payment, RELEASER, CLOSED)

    def _by(self, login: str, step: Deed) -> Deed:
        """A step by one of the demo's people, who is registered before."""

        def taken() -> None:
            hire(self.database, self.parameters, login)
            step()

        return taken


def disputed_epoch(parameters: Parameters) -> int:
    """The last epoch of the first month, of which a line is disputed."""
    return parameters.first_epoch + 2
