"""The tables of the audit log and of people, and the columns that every table of decisions has."""

from __future__ import annotations

from enum import StrEnum

from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind, integer, text
from aurora_pipeline.store.tables import recorded_at


class UserRole(StrEnum):
    """What a person may do."""

    ADMIN = "ADMIN"
    FINANCE = "FINANCE"
    OPS = "OPS"
    ANALYST = "ANALYST"
    PARTNER = "PARTNER"
    AUDITOR = "AUDITOR"


VALID_FROM = Column("valid_from", ColumnKind.INSTANT, "From when on it holds (included).")
VALID_UNTIL = Column("valid_until", ColumnKind.INSTANT, "Until when it holds (excluded); null: open.", nullable=True)
REVISION = integer("revision", "The newest revision counts as a whole; earlier ones are history.", minimum=1)
RECORDED_BY = Column("recorded_by", ColumnKind.TEXT, "Who recorded it.", digested=False, default="DEFAULT current_user")
RECORDED_THROUGH = Column(
    "recorded_through",
    ColumnKind.TEXT,
    "The login through which it came: the person's own, or that of a program; null: recorded before this was.",
    nullable=True,
    digested=False,
    default="DEFAULT session_user",
    since=2,
)
REASON = Column("reason", ColumnKind.TEXT, "Why it was decided.", digested=False)


def narrowed(name: str, description: str) -> Column:
    """What somebody is narrowed to."""
    return Column(name, ColumnKind.TEXT, description, nullable=True, digested=False, since=2)


AUDIT_LOG = Table(
    name="audit_log",
    kind=TableKind.LEDGER,
    description="Every decision and who made it, as a hash chain: changing, removing or reordering an entry shows.",
    columns=(
        integer("sequence", "The entry's place in the chain; 1 is the first, and none is left out.", minimum=1),
        recorded_at(),
        Column("actor", ColumnKind.TEXT, "Who did it.", default="DEFAULT current_user"),
        text("action", "What was done, like agreement.created."),
        text("subject", "What it was done to, like agreement/northwind-2026."),
        text("before", "The state before, as canonical JSON; null: there was none.", nullable=True),
        text("after", "The state after, as canonical JSON; null: there is none.", nullable=True),
        Column("previous_hash", ColumnKind.DIGEST, "The entry_hash of the entry before; 64 zeros for the first."),
        Column("entry_hash", ColumnKind.DIGEST, "SHA-256 over all the other columns, in this order."),
        RECORDED_THROUGH,
    ),
    key=("sequence",),
    unique=(("entry_hash",),),
    indexes=(("subject",), ("recorded_at",)),
)

USERS = Table(
    name="users",
    kind=TableKind.DECISION,
    description="Who may do what, dated. Only the newest revision of a login counts.",
    columns=(
        text("login", "The person's login on the database."),
        REVISION,
        text("name", "The person's name."),
        text("role", "What the person may do.", one_of=[role.value for role in UserRole]),
        text("partner_id", "The partner the person belongs to; null on roles other than PARTNER.", nullable=True),
        VALID_FROM,
        VALID_UNTIL,
        REASON,
        RECORDED_BY,
        recorded_at(),
        narrowed("chains", "The only chains that the person sees, as a sorted JSON list; null: every one."),
        narrowed("validators", "The only validators that the person sees, as such a list; null: every one."),
        RECORDED_THROUGH,
    ),
    key=("login", "revision"),
)

AUDIT_ROWS = Table(
    name="audit_rows",
    kind=TableKind.LEDGER,
    description="Which rows of decisions each entry of the audit log wrote; the entry commits to their Merkle root.",
    columns=(
        Column("sequence", ColumnKind.INTEGER, "The entry.", references="audit_log"),
        integer("place", "The row's place among those of the entry.", minimum=1),
        text("row_name", "The row's table and key, as lineages name it."),
        Column("decision_digest", ColumnKind.DIGEST, "Commits to what figures rest on."),
        Column("row_digest", ColumnKind.DIGEST, "Commits to every column of the row."),
    ),
    key=("sequence", "place"),
    indexes=(("row_name",),),
)

DECISION_TABLES = (AUDIT_LOG, AUDIT_ROWS, USERS)
