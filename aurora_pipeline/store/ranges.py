"""Ranges of periods: evidence is kept in partitions by chain and period, so that an old range can be moved out whole.

Each range has a table of its own below every partitioned table, in the schema `ranges`. Nobody is granted anything on
them: rows are read and written through the table that they are part of.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.store.database import Connection
from aurora_pipeline.store.declaration import CHAIN_ID, Table, TableKind, integer

RANGE_SCHEMA: Final = "ranges"
PERIODS_PER_RANGE: Final = 100
NOT_HERE: Final = "AU002"
"""The SQLSTATE of what is asked of periods that were moved out."""

_APART: Final = """
-- Ranges never overlap: a period has one place.
CREATE FUNCTION range_is_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.to_epoch <= NEW.from_epoch
       OR EXISTS (SELECT FROM period_ranges r WHERE r.chain_id = NEW.chain_id
                  AND r.from_epoch < NEW.to_epoch AND NEW.from_epoch < r.to_epoch) THEN
        RAISE EXCEPTION 'epochs % to % of % are no range, or belong to another one',
            NEW.from_epoch, NEW.to_epoch - 1, NEW.chain_id
            USING HINT = 'ranges are made as they are needed; nobody has to make one';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER apart BEFORE INSERT ON period_ranges FOR EACH ROW EXECUTE FUNCTION range_is_apart();
"""

PERIOD_RANGES = Table(
    name="period_ranges",
    kind=TableKind.LEDGER,
    description="The ranges of periods in which staged bodies and canonical layers are kept, made as they are needed.",
    columns=(
        integer("range_id", "The range's number; its tables are ranges.<table>_<range_id>.", minimum=1),
        CHAIN_ID,
        integer("from_epoch", "The first epoch that belongs to it."),
        integer("to_epoch", "The first epoch that no longer does."),
    ),
    key=("range_id",),
    unique=(("chain_id", "from_epoch"),),
    guards=(_APART,),
)

RANGE_FUNCTIONS: Final = f"""
CREATE SCHEMA {RANGE_SCHEMA};

-- True of periods whose rows are here; refuses those that were moved out, since an empty answer would look like one.
CREATE FUNCTION must_be_here(of_chain text, at_epoch bigint)
RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER COST 10000 AS $$
DECLARE found record;
BEGIN
    IF NOT EXISTS (SELECT FROM range_moves) THEN
        RETURN true;
    END IF;
    SELECT m.direction, m.place, r.range_id, r.from_epoch, r.to_epoch INTO found
        FROM period_ranges r JOIN range_moves m USING (range_id)
        WHERE r.chain_id = of_chain AND r.from_epoch <= at_epoch AND at_epoch < r.to_epoch
        ORDER BY m.number DESC LIMIT 1;
    IF found.direction = 'OUT' THEN
        RAISE EXCEPTION 'epochs % to % of % were moved out of the database, to %',
            found.from_epoch, found.to_epoch - 1, of_chain, found.place
            USING ERRCODE = '{NOT_HERE}', HINT = format('bring them back: `aurora archives attach %s %s`, or check them'
                ' where they are: `aurora archives verify %s %s`', of_chain, at_epoch, of_chain, at_epoch);
    END IF;
    RETURN true;
END $$;

-- The known periods whose rows are elsewhere; nearly always none.
CREATE FUNCTION epochs_moved_out() RETURNS TABLE (chain_id text, epoch bigint) LANGUAGE plpgsql STABLE ROWS 1 AS $$
BEGIN
    IF EXISTS (SELECT FROM range_moves) THEN
        RETURN QUERY
            SELECT p.chain_id, p.epoch FROM canonical_periods p
            JOIN period_ranges r ON r.chain_id = p.chain_id AND r.from_epoch <= p.epoch AND p.epoch < r.to_epoch
            WHERE 'OUT' = (SELECT m.direction FROM range_moves m WHERE m.range_id = r.range_id
                           ORDER BY m.number DESC LIMIT 1);
    END IF;
END $$;

-- A table for a range of a partitioned one, not yet part of it, and guarded like it.
CREATE FUNCTION make_range_table(parent regclass, number bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE made text := format('{RANGE_SCHEMA}.%I', (SELECT relname FROM pg_class WHERE oid = parent) || '_' || number);
BEGIN
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)',
                   made, parent);
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', made);
    RETURN made;
END $$;

CREATE FUNCTION attach_range_table(parent regclass, number bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one record;
    made text := format('{RANGE_SCHEMA}.%I', (SELECT relname FROM pg_class WHERE oid = parent) || '_' || number);
BEGIN
    SELECT * INTO one FROM period_ranges r WHERE r.range_id = number;
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L, %s) TO (%L, %s)',
                   parent, made, one.chain_id, one.from_epoch, one.chain_id, one.to_epoch);
END $$;

-- The tables that are kept in ranges.
CREATE FUNCTION ranged_tables() RETURNS SETOF regclass LANGUAGE sql STABLE AS $$
    SELECT c.oid::regclass FROM pg_class c
    WHERE c.relkind = 'p' AND c.relnamespace IN ('public'::regnamespace, 'layers'::regnamespace)
    ORDER BY c.relname
$$;

-- Sees to it that a period's rows have where to go; refuses one that was moved out. It runs as its owner, since those
-- who write rows make no tables. Ask in a transaction that has not written to snapshots yet: it may wait for them.
CREATE FUNCTION room_for(of_chain text, at_epoch bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    width bigint;
    low bigint;
    high bigint;
    number bigint;
    parent regclass;
BEGIN
    IF EXISTS (SELECT FROM period_ranges r
               WHERE r.chain_id = of_chain AND r.from_epoch <= at_epoch AND at_epoch < r.to_epoch) THEN
        PERFORM must_be_here(of_chain, at_epoch);
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(4717, 3);
    IF EXISTS (SELECT FROM period_ranges r
               WHERE r.chain_id = of_chain AND r.from_epoch <= at_epoch AND at_epoch < r.to_epoch) THEN
        RETURN;
    END IF;
    width := {PERIODS_PER_RANGE} * coalesce((SELECT c.period_size FROM chains c WHERE c.chain_id = of_chain), 1);
    -- Where periods had another size before, a range ends where the next one begins.
    low := greatest(at_epoch - at_epoch % width, (SELECT max(r.to_epoch) FROM period_ranges r
                                                  WHERE r.chain_id = of_chain AND r.to_epoch <= at_epoch));
    high := least(at_epoch - at_epoch % width + width, (SELECT min(r.from_epoch) FROM period_ranges r
                                                        WHERE r.chain_id = of_chain AND r.from_epoch > at_epoch));
    number := coalesce((SELECT max(r.range_id) FROM period_ranges r), 0) + 1;
    INSERT INTO period_ranges (range_id, chain_id, from_epoch, to_epoch) VALUES (number, of_chain, low, high);
    FOR parent IN SELECT * FROM ranged_tables() LOOP
        PERFORM make_range_table(parent, number);
        PERFORM attach_range_table(parent, number);
    END LOOP;
END $$;
"""


def room_for(connection: Connection, chain_id: str, epoch: EpochNumber) -> None:
    """See to it that a period's rows have where to go, before the transaction writes to `snapshots`."""
    connection.execute("SELECT room_for(%s, %s)", [chain_id, epoch])


def moved_out(connection: Connection, chain_id: str, epoch: EpochNumber) -> str | None:
    """Where the rows of a period were moved to; None where they are in the database."""
    row = connection.execute(
        """SELECT m.direction, m.place FROM period_ranges r JOIN range_moves m USING (range_id)
           WHERE r.chain_id = %(chain)s AND r.from_epoch <= %(epoch)s AND %(epoch)s < r.to_epoch
           ORDER BY m.number DESC LIMIT 1""",
        {"chain": chain_id, "epoch": epoch},
    ).fetchone()
    return row["place"] if row is not None and row["direction"] == "OUT" else None


def require_here(connection: Connection, chain_id: str, epoch: EpochNumber) -> None:
    """Raise PeriodsMovedOut where a period's rows were moved out of the database."""
    connection.execute("SELECT must_be_here(%s, %s)", [chain_id, epoch])
