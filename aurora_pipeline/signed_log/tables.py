"""The tables of the signed log: its leaves in order, the checkpoints that were signed, and the keys' public halves."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH
from aurora_pipeline.store.declaration import Column, ColumnKind, Table, TableKind, integer, text
from aurora_pipeline.store.tables import recorded_at, written_at

_LEAVES_FOLLOW: Final = """
-- The log only grows: new leaves stand right behind the last one, and those of a kind right behind its last number.
CREATE FUNCTION log_leaves_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gap record;
BEGIN
    IF EXISTS (
        SELECT FROM (SELECT min(leaf_index) AS first, max(leaf_index) AS last, count(*) AS leaves FROM added) a
        WHERE a.last - a.first + 1 <> a.leaves
           OR (a.first > 0 AND NOT EXISTS (SELECT FROM log_leaves l WHERE l.leaf_index = a.first - 1))) THEN
        RAISE EXCEPTION 'leaves of the log follow one another without a gap';
    END IF;
    SELECT a.kind, a.first INTO gap
    FROM (SELECT kind, min(number) AS first, max(number) AS last, count(*) AS leaves FROM added GROUP BY kind) a
    WHERE a.last - a.first + 1 <> a.leaves
       OR (a.first > 1 AND NOT EXISTS (SELECT FROM log_leaves l WHERE (l.kind, l.number) = (a.kind, a.first - 1)));
    IF FOUND THEN
        RAISE EXCEPTION 'leaves of the kind % do not follow the last one', gap.kind;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON log_leaves REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION log_leaves_follow();
"""
_HEAD_IS_REACHED: Final = """
CREATE FUNCTION log_checkpoint_reached() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.size > (SELECT coalesce(max(leaf_index) + 1, 0) FROM log_leaves) THEN
        RAISE EXCEPTION 'the log has not % leaves yet', NEW.size;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reached BEFORE INSERT ON log_checkpoints FOR EACH ROW EXECUTE FUNCTION log_checkpoint_reached();
"""

_RELEASED_UNDER: Final = """
-- The size of the first checkpoint that covers a statement's release; null: none does yet. Those who do not read the
-- audit log learn no more of it than this number.
CREATE FUNCTION statement_released_under(of_statement uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT min(c.size) FROM log_checkpoints c
    WHERE c.size > (SELECT min(l.leaf_index)
                    FROM audit_log a JOIN log_leaves l ON (l.kind, l.number) = ('audit', a.sequence)
                    WHERE a.subject = 'statement/' || of_statement AND a.action = 'statement.released')
$$;
"""

LOG_LEAVES = Table(
    name="log_leaves",
    kind=TableKind.LEDGER,
    description="The leaves of the one signed log in order: every publication and every entry of the audit log.",
    columns=(
        integer("leaf_index", "The leaf's place in the log, from 0 without gaps."),
        text("kind", "Of what it is: audit (an entry of the audit log), publication or evidence."),
        integer("number", "Which one of its kind, from 1 without gaps.", minimum=1),
        Column("leaf_hash", ColumnKind.DIGEST, "SHA-256 of the byte 00 and the record's bytes."),
    ),
    key=("leaf_index",),
    unique=(("kind", "number"),),
    guards=(_LEAVES_FOLLOW,),
)

LOG_CHECKPOINTS = Table(
    name="log_checkpoints",
    kind=TableKind.LEDGER,
    description="The heads of the signed log that were signed. A size has one root for ever.",
    columns=(
        integer("size", "How many leaves the checkpoint covers.", minimum=1),
        Column("root", ColumnKind.DIGEST, "The root of the Merkle tree over these leaves."),
        text("note", "The checkpoint as it was given out: a signed note (c2sp.org/tlog-checkpoint)."),
        written_at("When it was signed."),
    ),
    key=("size",),
    guards=(_HEAD_IS_REACHED, _RELEASED_UNDER),
)

LOG_KEYS = Table(
    name="log_keys",
    kind=TableKind.DECISION,
    description="The public halves of the keys that sign the log, from when each was recorded to when the next was.",
    columns=(
        integer("key_number", "The key's number, from 1; the newest signs.", minimum=1),
        text("public_key", "The key as others verify by it: NAME+number+base64 (c2sp.org/signed-note)."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("key_number",),
    unique=(("public_key",),),
)

SIGNED_LOG_TABLES = (LOG_LEAVES, LOG_CHECKPOINTS, LOG_KEYS)
