"""The table of what people decide about old ranges of periods: kept outside the database, or here again."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH
from aurora_pipeline.store.column_rules import quoted
from aurora_pipeline.store.declaration import CHAIN_ID, Column, ColumnKind, Table, TableKind, integer, text
from aurora_pipeline.store.ranges import RANGE_SCHEMA
from aurora_pipeline.store.tables import recorded_at

MOVING: Final = ("ADMIN", "OPS")
"""Who may have ranges moved."""
OUT: Final = "OUT"
IN: Final = "IN"

_ALLOWED: Final = f"""
-- What is recorded of a range is what was done with its tables, in the same transaction: only their owner can do it.
CREATE FUNCTION range_move_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before record;
    there bigint := (SELECT count(*) FROM ranged_tables() parent JOIN pg_class c ON c.oid = parent
                     WHERE to_regclass(format('{RANGE_SCHEMA}.%I', c.relname || '_' || NEW.range_id)) IS NOT NULL);
    whole bigint := (SELECT count(*) FROM ranged_tables());
BEGIN
    IF person_role(NEW.recorded_by, NEW.recorded_at) IS NULL
       OR person_role(NEW.recorded_by, NEW.recorded_at) NOT IN ({", ".join(quoted(role) for role in MOVING)}) THEN
        RAISE EXCEPTION '% is nobody who moves ranges of periods', NEW.recorded_by
            USING HINT = 'a registered person of the roles {", ".join(MOVING)} has to';
    END IF;
    SELECT m.number, m.direction, m.place, m.manifest_hash INTO before
        FROM range_moves m WHERE m.range_id = NEW.range_id ORDER BY m.number DESC LIMIT 1;
    IF NEW.number <> coalesce(before.number, 0) + 1
       OR NEW.direction = coalesce(before.direction, '{IN}')
       OR NEW.chain_id <> (SELECT r.chain_id FROM period_ranges r WHERE r.range_id = NEW.range_id)
       OR NEW.direction = '{IN}' AND NEW.manifest_hash <> before.manifest_hash
       OR there <> (CASE NEW.direction WHEN '{OUT}' THEN 0 ELSE whole END) THEN
        RAISE EXCEPTION 'range % was not moved as is recorded', NEW.range_id
            USING HINT = 'move it with `aurora archives detach` and `aurora archives attach`';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_timed BEFORE INSERT ON range_moves FOR EACH ROW EXECUTE FUNCTION statement_step_timed();
CREATE TRIGGER allowed BEFORE INSERT ON range_moves FOR EACH ROW EXECUTE FUNCTION range_move_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON range_moves DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();
"""

RANGE_MOVES: Final = Table(
    name="range_moves",
    kind=TableKind.DECISION,
    description="Ranges of periods whose evidence was moved out of the database, where to, and those that came back.",
    columns=(
        Column("range_id", ColumnKind.INTEGER, "The range.", references="period_ranges"),
        CHAIN_ID,
        integer("number", "Its place among the moves of the range, from 1; the newest counts.", minimum=1),
        text("direction", "OUT: its rows are at the place alone; IN: they are here again.", one_of=(OUT, IN)),
        text("place", "The folder or address of the archive, without credentials."),
        Column("manifest_hash", ColumnKind.DIGEST, "SHA-256 of the archive's manifest, and by it of every file."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("range_id", "number"),
    guards=(_ALLOWED,),
)

RANGE_TABLES: Final = (RANGE_MOVES,)
