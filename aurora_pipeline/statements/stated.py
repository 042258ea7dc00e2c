"""Where each partner's statements stand: what was opened, submitted, approved, released and paid, as recorded.

What is submitted or approved is *stated*: its figures stay, and what changes later becomes an adjustment elsewhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from aurora_pipeline.decisions.rows import decision_input
from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.foundation.period_key import PartitionKey, PeriodKey, parse_key
from aurora_pipeline.foundation.units import ZERO, Amount, EpochNumber
from aurora_pipeline.statements.decided import STATEMENT_APPROVALS, STATEMENT_OPENINGS, STATEMENT_SUBMISSIONS
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.digests import Input
from aurora_pipeline.store.moments import await_moment


class Stage(StrEnum):
    """Where a statement stands in its life."""

    DRAFT = "DRAFT"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    APPROVED = "APPROVED"
    RELEASED = "RELEASED"
    PAID = "PAID"

    @property
    def is_frozen(self) -> bool:
        """Whether its content never changes any more."""
        return self in (Stage.APPROVED, Stage.RELEASED, Stage.PAID)


@dataclass(frozen=True)
class Stated:
    """A statement that is submitted and not handed back: its figures are those of its submission."""

    statement_id: str
    attempt: int
    partner_id: str
    key: PartitionKey
    month: str
    """The month of its series: its own, or that in which its epoch ended."""
    asset: str
    snapshot_id: int
    entries_snapshot_id: int
    number: int
    statement_digest: str
    total: Amount
    payable: Amount
    closing: Amount
    paid: Amount
    accepted: frozenset[str]
    submitter: str
    submitted_at: datetime
    stage: Stage
    inputs: tuple[Input, ...]
    """How a lineage names the submission, and the approval once there is one: from then on changes are adjusted."""


@dataclass(frozen=True)
class Opening:
    """Where a partner's balances begin on a chain, as it was imported."""

    partner_id: str
    opening: Amount
    paid_through: str | None
    """The last month that was stated elsewhere."""
    as_input: Input


@dataclass(frozen=True)
class Account:
    """What was stated to a partner on a chain, in order."""

    partner_id: str
    opening: Opening | None = None
    stated: tuple[Stated, ...] = ()
    """By number."""

    @property
    def last(self) -> Stated | None:
        """The newest statement that is stated."""
        return self.stated[-1] if self.stated else None

    @property
    def closing(self) -> Amount:
        """What the next statement opens with."""
        if self.stated:
            return self.stated[-1].closing
        return ZERO if self.opening is None else self.opening.opening

    @property
    def last_number(self) -> int:
        """The number of the last statement; 0 before the first."""
        return self.stated[-1].number if self.stated else 0

    def is_closed(self, month: str, epoch: EpochNumber | None = None) -> bool:
        """Whether a month, or an epoch that ended in it, lies at or before what was stated: here or elsewhere.

        What changes of it is an adjustment of a later statement, or, where it was paid elsewhere, nobody's.
        """
        if self.was_paid_elsewhere(month):
            return True
        last = self.last
        if last is None or month != last.month:
            return last is not None and month < last.month
        return not isinstance(last.key, PeriodKey) or (epoch is not None and epoch <= last.key.epoch)

    def was_paid_elsewhere(self, month: str) -> bool:
        """Whether a month was stated before Aurora stated anything."""
        return self.opening is not None and self.opening.paid_through is not None and month <= self.opening.paid_through

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What a lineage names of it."""
        opening = () if self.opening is None else (self.opening.as_input,)
        return (*opening, *(item for one in self.stated for item in one.inputs))


_SUBMISSIONS = """
SELECT s.*, coalesce(m.month, s.period) AS month, a.statement_id IS NOT NULL AS is_approved,
       r.statement_id IS NOT NULL AS is_released,
       (SELECT sum(p.amount) FROM statement_payments p
        WHERE p.statement_id = s.statement_id
          AND (%(as_of)s::timestamptz IS NULL OR p.recorded_at <= %(as_of)s)) AS paid
FROM statement_submissions s
LEFT JOIN period_months m ON m.chain_id = s.chain_id AND period_of(m.epoch) = s.period
LEFT JOIN statement_approvals a ON a.statement_id = s.statement_id
     AND (%(as_of)s::timestamptz IS NULL OR a.recorded_at <= %(as_of)s)
LEFT JOIN statement_releases r ON r.statement_id = s.statement_id
     AND (%(as_of)s::timestamptz IS NULL OR r.recorded_at <= %(as_of)s)
WHERE s.chain_id = %(chain_id)s AND (%(as_of)s::timestamptz IS NULL OR s.recorded_at <= %(as_of)s)
  AND NOT EXISTS (SELECT FROM statement_rejections j WHERE (j.statement_id, j.attempt) = (s.statement_id, s.attempt)
                  AND (%(as_of)s::timestamptz IS NULL OR j.recorded_at <= %(as_of)s))
ORDER BY s.partner_id, s.number
"""
_OPENINGS = """
SELECT * FROM statement_openings
WHERE chain_id = %(chain_id)s AND (%(as_of)s::timestamptz IS NULL OR recorded_at <= %(as_of)s)
"""


def load_accounts(connection: Connection, chain_id: str, as_of: datetime | None = None) -> dict[str, Account]:
    """Of every partner with anything stated or opened on the chain: where its statements stand, now or at a moment."""
    if as_of is not None:
        await_moment(connection, as_of)
    given = {"chain_id": chain_id, "as_of": as_of}
    openings = {row["partner_id"]: _opening(row) for row in connection.execute(_OPENINGS, given)}
    stated: dict[str, list[Stated]] = defaultdict(list)
    approved = {
        row["statement_id"]: decision_input(STATEMENT_APPROVALS, row)
        for row in connection.execute("SELECT * FROM statement_approvals")
    }
    for row in connection.execute(_SUBMISSIONS, given):
        stated[row["partner_id"]].append(_stated(row, approved))
    return {
        partner_id: Account(partner_id, openings.get(partner_id), tuple(stated.get(partner_id, ())))
        for partner_id in sorted({*openings, *stated})
    }


def _opening(row: Mapping[str, Any]) -> Opening:
    opening = stored_amount(row["opening"])
    return Opening(row["partner_id"], opening, row["paid_through"], decision_input(STATEMENT_OPENINGS, row))


def _stated(row: Mapping[str, Any], approved: Mapping[Any, Input]) -> Stated:
    payable, paid = stored_amount(row["payable"]), stored_amount(row["paid"] or 0)
    return Stated(
        str(row["statement_id"]),
        row["attempt"],
        row["partner_id"],
        parse_key(f"{row['chain_id']}:{row['period']}"),
        row["month"],
        row["asset"],
        row["snapshot_id"],
        row["entries_snapshot_id"],
        row["number"],
        row["statement_digest"],
        stored_amount(row["total"]),
        payable,
        stored_amount(row["closing"]),
        paid,
        frozenset(json.loads(row["accepted"])),
        row["recorded_by"],
        row["recorded_at"],
        stage_of(is_approved=row["is_approved"], is_released=row["is_released"], paid=paid, payable=payable),
        (
            decision_input(STATEMENT_SUBMISSIONS, row),
            *([approved[row["statement_id"]]] if row["is_approved"] else []),
        ),
    )


def stage_of(*, is_approved: bool, is_released: bool, paid: Amount, payable: Amount) -> Stage:
    """Where a submission stands that was not handed back."""
    if not is_approved:
        return Stage.PENDING_APPROVAL
    if not is_released:
        return Stage.APPROVED
    return Stage.PAID if 0 < payable <= paid else Stage.RELEASED
