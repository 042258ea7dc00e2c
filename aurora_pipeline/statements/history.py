"""Everything that was decided about a statement, in order: who, when, why, and the digest that was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.access.names import roles_of
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.row_amounts import with_amounts

_EVENTS = """
SELECT recorded_at, recorded_by, recorded_through, 'submitted' AS what, statement_digest, reason, NULL::bigint AS size,
       (SELECT 'accepted at 0: ' || string_agg(left(one, 8), ', ' ORDER BY one)
        FROM jsonb_array_elements_text(accepted::jsonb) one) AS detail
FROM statement_submissions WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'rejected', statement_digest, reason, NULL, NULL
FROM statement_rejections WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'approved', statement_digest, reason, NULL,
       'submitted by ' || submitter
FROM statement_approvals WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'released', statement_digest, reason,
       statement_released_under(statement_id), NULL
FROM statement_releases WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'paid', statement_digest, reason, NULL,
       amount || ' base units to ' || payout_address || ', ' || reference || ', ' || transaction_id
       || coalesce((SELECT ', although ' || d.disputed || ' base units of it were disputed'
                    FROM statement_disputed_payments d
                    WHERE (d.statement_id, d.payment_number) = (p.statement_id, p.payment_number)), '')
       || coalesce(', an account that is shared: ' || p.shared_account, '')
FROM statement_payments p WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'acknowledged', statement_digest, reason, NULL,
       'for ' || on_behalf_of
FROM statement_acknowledgements WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'disputed', statement_digest, reason, NULL,
       'line ' || line_id || ': ' || claimed || ' base units instead of '
       || coalesce(stated || ' base units', 'not known') || coalesce(', for ' || on_behalf_of, '')
FROM statement_disputes WHERE statement_id = %(id)s
UNION ALL
SELECT recorded_at, recorded_by, recorded_through, 'dispute ' || lower(verdict), NULL, reason, NULL,
       'line ' || line_id || coalesce(', settled by ' || settled_by, '')
FROM statement_dispute_answers WHERE statement_id = %(id)s
ORDER BY 1
"""


@dataclass(frozen=True)
class StatementEvent:
    """One thing that was decided about a statement."""

    recorded_at: datetime
    recorded_by: str
    what: str
    statement_digest: str | None
    reason: str
    recorded_through: str | None
    """The login that it came through; null: recorded before that was."""
    is_own_login: bool
    """Whether the database says who it was: the login is the person's own, or took on the person's role."""
    checkpoint_size: int | None
    """Of the release: how many leaves of the signed log the first checkpoint has that covers it; null: none yet."""


@dataclass(frozen=True)
class Dispute:
    """A line that a partner holds for wrong, and what was answered."""

    statement_id: str
    partner_id: str
    chain_id: str
    period: str
    line_id: str
    stated: Amount | None
    claimed: Amount
    raised_by: str
    raised_at: datetime
    on_behalf_of: str | None
    why: str
    state: str
    answered_by: str | None
    answered_at: datetime | None
    answer: str | None
    settled_by: str | None


def events_of(connection: Connection, statement_id: str) -> list[StatementEvent]:
    """What was decided about a statement, in the order of time."""
    rows = connection.execute(_EVENTS.encode(), {"id": statement_id}).fetchall()
    api = roles_of(connection).api
    return [
        StatementEvent(
            row["recorded_at"],
            row["recorded_by"],
            row["what"] + (f" ({row['detail']})" if row["detail"] else ""),
            row["statement_digest"],
            row["reason"],
            row["recorded_through"],
            row["recorded_through"] in (row["recorded_by"], api),
            row["size"],
        )
        for row in rows
    ]


def released_under(connection: Connection, statement_id: str) -> int | None:
    """How many leaves the first checkpoint has that covers a statement's release; None as long as none does."""
    row = connection.execute("SELECT statement_released_under(%s) AS size", [statement_id]).fetchone()
    return None if row is None else row["size"]


def disputes(
    connection: Connection,
    *,
    statement_id: str | None = None,
    partner_id: str | None = None,
    as_of: datetime | None = None,
) -> list[Dispute]:
    """Every dispute, the newest last, now or as of a past moment; OPEN until it is answered."""
    rows = connection.execute(
        """SELECT d.statement_id::text AS statement_id, s.partner_id, s.chain_id, s.period, d.line_id::text AS line_id,
                  d.stated, d.claimed, d.recorded_by AS raised_by, d.recorded_at AS raised_at, d.on_behalf_of,
                  d.reason AS why, coalesce(a.verdict, 'OPEN') AS state, a.recorded_by AS answered_by,
                  a.recorded_at AS answered_at, a.reason AS answer, a.settled_by
           FROM statement_disputes d
           JOIN statement_approvals p ON p.statement_id = d.statement_id
           JOIN statement_submissions s ON (s.statement_id, s.attempt) = (p.statement_id, p.attempt)
           LEFT JOIN statement_dispute_answers a ON (a.statement_id, a.line_id) = (d.statement_id, d.line_id)
                AND (%(as_of)s::timestamptz IS NULL OR a.recorded_at <= %(as_of)s)
           WHERE (%(as_of)s::timestamptz IS NULL OR d.recorded_at <= %(as_of)s)
             AND (%(id)s::uuid IS NULL OR d.statement_id = %(id)s)
             AND (%(partner)s::text IS NULL OR s.partner_id = %(partner)s)
           ORDER BY d.recorded_at""",
        {"id": statement_id, "partner": partner_id, "as_of": as_of},
    ).fetchall()
    return [Dispute(**with_amounts(row, ("claimed", "stated"))) for row in rows]
