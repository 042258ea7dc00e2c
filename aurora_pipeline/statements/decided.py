"""The decisions about statements: opened, submitted, rejected, approved, released, paid, acknowledged, disputed.

Every step names the attempt it is about and the digest that was seen. What the columns cannot say, constraints and
triggers do, so that no client can skip a step.
"""

from __future__ import annotations

from enum import StrEnum

from aurora_pipeline.agreements.tables import PARTNER_ID
from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH
from aurora_pipeline.statements.acting import ACTING, decided_by, said_by, timed
from aurora_pipeline.statements.current import CURRENT
from aurora_pipeline.statements.guards import (
    APPROVED,
    BALANCED,
    DISPUTED,
    PAID,
    REJECTED,
    RELEASED,
    REPEATED,
    SUBMITTED,
)
from aurora_pipeline.statements.shared_accounts import OWN_ACCOUNT, SHARED_ACCOUNT
from aurora_pipeline.store.declaration import (
    CHAIN_ID,
    PERIOD,
    Column,
    ColumnKind,
    Table,
    TableKind,
    integer,
    money,
    text,
)
from aurora_pipeline.store.tables import recorded_at


class DisputeVerdict(StrEnum):
    """What finance answers to a dispute."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


STATEMENT_ID = Column("statement_id", ColumnKind.UUID, "The statement.")
ATTEMPT = integer("attempt", "Which submission of the statement it is about, from 1.", minimum=1)
STATEMENT_DIGEST = Column("statement_digest", ColumnKind.DIGEST, "The statement's digest, as the person saw it.")
NUMBER = integer("number", "The place in the chain of the partner's balances; 0: the imported opening.")
_SIGNED = (REASON, RECORDED_BY, recorded_at(), RECORDED_THROUGH)

STATEMENT_OPENINGS = Table(
    name="statement_openings",
    kind=TableKind.DECISION,
    description="Where a partner's balances begin on a chain: what was owed, and up to when it was paid elsewhere.",
    columns=(
        PARTNER_ID,
        CHAIN_ID,
        money("opening", "What was owed to the partner then; below 0: it was paid too much."),
        text("paid_through", "The last month that was stated elsewhere, like 2026-07; null: none.", nullable=True),
        text("evidence", "The name of the file that was imported."),
        Column("evidence_hash", ColumnKind.DIGEST, "SHA-256 of its bytes."),
        *_SIGNED,
    ),
    key=("partner_id", "chain_id"),
    constraints=("CHECK (paid_through ~ '^[0-9]{4}-(0[1-9]|1[0-2])$')",),
    guards=(ACTING, decided_by("statement_openings")),
)

STATEMENT_SUBMISSIONS = Table(
    name="statement_submissions",
    kind=TableKind.DECISION,
    description="Statements that were handed in for approval, with the figures and digests of that moment.",
    columns=(
        STATEMENT_ID,
        ATTEMPT,
        PARTNER_ID,
        CHAIN_ID,
        PERIOD,
        text("asset", "The layer that holds it."),
        Column("snapshot_id", ColumnKind.INTEGER, "The snapshot that was seen.", references="snapshots"),
        Column("entries_snapshot_id", ColumnKind.INTEGER, "That of its entries.", references="snapshots"),
        NUMBER,
        STATEMENT_DIGEST,
        Column("content_digest", ColumnKind.DIGEST, "The content digest of that snapshot."),
        Column("lineage_digest", ColumnKind.DIGEST, "Its lineage digest: pins every input."),
        money("opening", "The opening balance."),
        money("lines", "The sum of its lines."),
        money("top_ups", "The sum of its top-ups."),
        money("adjustments", "The sum of its adjustments."),
        money("total", "The total; missing and held figures that were accepted count 0."),
        money("payable", "What is paid.", minimum=0),
        money("closing", "What opens the next statement."),
        text("accepted", "Ids of the missing and held figures that were accepted, as a sorted JSON list."),
        *_SIGNED,
    ),
    key=("statement_id", "attempt"),
    indexes=(("partner_id", "chain_id"),),
    unique=(
        ("statement_id", "attempt", "statement_digest", "recorded_by"),
        ("statement_id", "attempt", "statement_digest"),
    ),
    constraints=(
        "CHECK (opening + lines + top_ups + adjustments = total)",
        "CHECK (total - payable = closing)",
        "CHECK (number > 0)",
    ),
    guards=(SUBMITTED, CURRENT, REPEATED, decided_by("statement_submissions")),
)

STATEMENT_REJECTIONS = Table(
    name="statement_rejections",
    kind=TableKind.DECISION,
    description="Submissions that were handed back: the statement is a draft again.",
    columns=(STATEMENT_ID, ATTEMPT, STATEMENT_DIGEST, *_SIGNED),
    key=("statement_id", "attempt"),
    constraints=(
        "FOREIGN KEY (statement_id, attempt, statement_digest)"
        " REFERENCES statement_submissions (statement_id, attempt, statement_digest)",
    ),
    guards=(REJECTED, decided_by("statement_rejections")),
)

STATEMENT_APPROVALS = Table(
    name="statement_approvals",
    kind=TableKind.DECISION,
    description="Submissions that were approved: from then on the statement's content never changes.",
    columns=(STATEMENT_ID, ATTEMPT, STATEMENT_DIGEST, text("submitter", "Who had submitted it."), *_SIGNED),
    key=("statement_id",),
    unique=(("statement_id", "statement_digest", "recorded_by"),),
    constraints=(
        "CHECK (recorded_by <> submitter)",
        "FOREIGN KEY (statement_id, attempt, statement_digest, submitter)"
        " REFERENCES statement_submissions (statement_id, attempt, statement_digest, recorded_by)",
    ),
    guards=(APPROVED, decided_by("statement_approvals")),
)

STATEMENT_BALANCES = Table(
    name="statement_balances",
    kind=TableKind.DECISION,
    description="The chain of a partner's balances: each opening is the closing of the one before.",
    columns=(
        PARTNER_ID,
        CHAIN_ID,
        NUMBER,
        Column("statement_id", ColumnKind.UUID, "The approved statement; null: the imported opening.", nullable=True),
        integer("previous_number", "The number before; null: the first.", nullable=True),
        money("opening", "The opening balance."),
        money("total", "The total."),
        money("payable", "What is paid.", minimum=0),
        money("closing", "What is carried on."),
        recorded_at(),
    ),
    key=("partner_id", "chain_id", "number"),
    unique=(
        ("partner_id", "chain_id", "number", "closing"),
        ("statement_id",),
    ),
    constraints=(
        "CHECK (total - payable = closing)",
        "CHECK ((number = 0) = (statement_id IS NULL))",
        "CHECK (number > 0 OR (payable = 0 AND total = opening))",
        "CHECK (coalesce(previous_number = number - 1, number <= 1))",
        "CHECK (previous_number IS NOT NULL OR number = 0 OR opening = 0)",
        "FOREIGN KEY (partner_id, chain_id, previous_number, opening)"
        " REFERENCES statement_balances (partner_id, chain_id, number, closing)",
    ),
    guards=(BALANCED, timed("statement_balances")),
)

STATEMENT_RELEASES = Table(
    name="statement_releases",
    kind=TableKind.DECISION,
    description="Approved statements that were released: the partner sees them, and they may be paid.",
    columns=(STATEMENT_ID, STATEMENT_DIGEST, text("approver", "Who had approved it."), *_SIGNED),
    key=("statement_id",),
    unique=(("statement_id", "statement_digest"),),
    constraints=(
        "FOREIGN KEY (statement_id, statement_digest, approver)"
        " REFERENCES statement_approvals (statement_id, statement_digest, recorded_by)",
    ),
    guards=(RELEASED, decided_by("statement_releases")),
)

STATEMENT_PAYMENTS = Table(
    name="statement_payments",
    kind=TableKind.DECISION,
    description="What was paid of released statements, in one part or several.",
    columns=(
        STATEMENT_ID,
        integer("payment_number", "The number of the payment of this statement, from 1.", minimum=1),
        STATEMENT_DIGEST,
        money("amount", "What was paid.", minimum=1),
        text("payout_address", "Where it was paid to."),
        text("reference", "What the payment is called in the books."),
        text("transaction_id", "The transaction on the chain."),
        *_SIGNED,
        SHARED_ACCOUNT,
    ),
    key=("statement_id", "payment_number"),
    unique=(("transaction_id", "statement_id"),),
    constraints=(
        "FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)",
    ),
    guards=(PAID, decided_by("statement_payments"), OWN_ACCOUNT),
)

STATEMENT_DISPUTED_PAYMENTS = Table(
    name="statement_disputed_payments",
    kind=TableKind.DECISION,
    description="Payments that include what was in dispute then, because finance said so.",
    columns=(
        STATEMENT_ID,
        integer("payment_number", "The number of the payment of this statement.", minimum=1),
        money("disputed", "What was in dispute on the statement at that moment.", minimum=1),
        *_SIGNED,
    ),
    key=("statement_id", "payment_number"),
    constraints=(
        "FOREIGN KEY (statement_id, payment_number) REFERENCES statement_payments (statement_id, payment_number)"
        " DEFERRABLE INITIALLY DEFERRED",
    ),
    guards=(decided_by("statement_disputed_payments"),),
)

STATEMENT_ACKNOWLEDGEMENTS = Table(
    name="statement_acknowledgements",
    kind=TableKind.DECISION,
    description="Released statements that the partner holds for right.",
    columns=(
        STATEMENT_ID,
        STATEMENT_DIGEST,
        text("on_behalf_of", "The partner for whom finance says it; null: the partner itself.", nullable=True),
        *_SIGNED,
    ),
    key=("statement_id",),
    constraints=(
        "FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)",
    ),
    guards=(said_by("statement_acknowledgements"),),
)

STATEMENT_DISPUTES = Table(
    name="statement_disputes",
    kind=TableKind.DECISION,
    description="Lines of released statements that the partner holds for wrong. A line is disputed once per statement.",
    columns=(
        STATEMENT_ID,
        Column("line_id", ColumnKind.UUID, "The line, or the entry."),
        STATEMENT_DIGEST,
        money("stated", "What the statement says of it; null: it says that it is not known.", nullable=True),
        money("claimed", "What the partner holds for right."),
        text("on_behalf_of", "The partner for whom finance says it; null: the partner itself.", nullable=True),
        *_SIGNED,
    ),
    key=("statement_id", "line_id"),
    constraints=(
        "FOREIGN KEY (statement_id, statement_digest) REFERENCES statement_releases (statement_id, statement_digest)",
    ),
    guards=(said_by("statement_disputes"),),
)

STATEMENT_DISPUTE_ANSWERS = Table(
    name="statement_dispute_answers",
    kind=TableKind.DECISION,
    description="What finance answers to disputes; before that a dispute is open.",
    columns=(
        STATEMENT_ID,
        Column("line_id", ColumnKind.UUID, "The line, or the entry."),
        text("verdict", "ACCEPTED or REJECTED.", one_of=[verdict.value for verdict in DisputeVerdict]),
        text("settled_by", "The decision that settles it, as lineages name it; null: rejected.", nullable=True),
        *_SIGNED,
    ),
    key=("statement_id", "line_id"),
    constraints=(
        "CHECK ((verdict = 'ACCEPTED') = (settled_by IS NOT NULL))",
        "FOREIGN KEY (statement_id, line_id) REFERENCES statement_disputes (statement_id, line_id)",
    ),
    guards=(DISPUTED, decided_by("statement_dispute_answers")),
)

STATEMENT_DECISIONS = (
    STATEMENT_OPENINGS,
    STATEMENT_SUBMISSIONS,
    STATEMENT_REJECTIONS,
    STATEMENT_APPROVALS,
    STATEMENT_BALANCES,
    STATEMENT_RELEASES,
    STATEMENT_PAYMENTS,
    STATEMENT_DISPUTED_PAYMENTS,
    STATEMENT_ACKNOWLEDGEMENTS,
    STATEMENT_DISPUTES,
    STATEMENT_DISPUTE_ANSWERS,
)
