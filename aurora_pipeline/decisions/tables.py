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


def _came_with(name: str, description: str) -> Column:
    told = f"{description}; null: none did, or it was recorded before this was."
    return Column(name, ColumnKind.TEXT, told, nullable=True, digested=False, since=3)


_LATER = ("recorded_through", "correlation_id", "request", "actor_role")
"""Columns that came after the first version: an entry from before has null there, and is hashed without them."""


def _sql_field(letter: str, text: str) -> str:
    """A field as digests encode it, of an SQL expression."""
    return f"coalesce('{letter}' || octet_length({text}) || ':' || {text}, '-')"


def _sql_later(place: int = len(_LATER)) -> str:
    """The fields of later columns, without those at the end that are null."""
    if place == 0:
        return "''"
    fields = " || ".join(_sql_field("t", f"a.{name}") for name in _LATER[:place])
    return f"CASE WHEN a.{_LATER[place - 1]} IS NOT NULL THEN {fields}\n           ELSE {_sql_later(place - 1)} END"


_RECORD = "\n           || ".join(
    [
        "'t14:aurora.audit.1'",
        _sql_field("i", "a.sequence::text"),
        _sql_field("z", """to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""),
        *(_sql_field("t", f"a.{name}") for name in ("actor", "action", "subject", "before", "after")),
        _sql_field("t", "a.previous_hash"),
        _sql_later(),
    ]
)
_FOLLOWS = f"""
-- The database computes each new entry's hash itself, whoever writes it, and holds it against the entry before.
CREATE FUNCTION audit_log_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
    person text;
BEGIN
    SELECT a.sequence INTO wrong
    FROM added a LEFT JOIN audit_log p ON p.sequence = a.sequence - 1
    WHERE (p.sequence IS NULL AND a.sequence <> 1)
       OR a.previous_hash <> coalesce(p.entry_hash, repeat('0', 64))
       OR a.entry_hash <> encode(sha256(convert_to({_RECORD}, 'UTF8')), 'hex')
    ORDER BY a.sequence LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'entry % of the audit log does not follow the one before it, or its hash is not its own', wrong
            USING HINT = 'entries are written by Aurora''s commands, which compute both';
    END IF;
    SELECT a.actor INTO person
    FROM (SELECT DISTINCT actor, recorded_at, actor_role FROM added) a
    WHERE a.actor_role IS DISTINCT FROM role_at(a.actor, a.recorded_at) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'an entry of the audit log gives % a role that it did not have then', person
            USING HINT = 'the table of users says who has which; entries are written by Aurora''s commands';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows AFTER INSERT ON audit_log REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_follows();
"""

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
        _came_with(
            "correlation_id", "What all entries of one command or request share; null: recorded before this was."
        ),
        _came_with(
            "request", "The command or request it came with, as that said itself; null: recorded before this was."
        ),
        Column(
            "actor_role",
            ColumnKind.TEXT,
            "What the actor was when the decision was made; null: no user then, or it was recorded before this was.",
            nullable=True,
            digested=False,
            default="DEFAULT role_at(current_user::text, record_instant())",
            since=4,
        ),
    ),
    key=("sequence",),
    unique=(("entry_hash",),),
    indexes=(("subject",), ("recorded_at",)),
    guards=(_FOLLOWS,),
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
