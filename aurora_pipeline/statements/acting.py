"""Who may take a step in a statement's life, and when it counts as taken: refused by the database itself otherwise.

A step is taken by a person of the instance whose role decides, at the instant of the ledger's clock. Taking the clock
first makes two people take turns: what a step looks at afterwards stays as it is until the step is committed.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.decisions.users import DECIDING

_ROLES: Final = ", ".join(f"'{role}'" for role in sorted(DECIDING))

ACTING: Final = f"""
CREATE FUNCTION statement_step_timed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_at IS DISTINCT FROM record_instant() THEN
        RAISE EXCEPTION 'a row of % has an instant that is not the ledger''s', TG_TABLE_NAME
            USING HINT = 'leave recorded_at to its default, or take it from record_instant()';
    END IF;
    RETURN NEW;
END $$;

-- For whom a person acts: '' for the operator, a partner's key for that partner; null: for nobody, at this moment.
CREATE FUNCTION statement_side(person text, moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN role IN ({_ROLES}) THEN '' WHEN role = 'PARTNER' THEN partner_id END
    FROM (SELECT * FROM users WHERE login = person ORDER BY revision DESC LIMIT 1) newest
    WHERE valid_from <= moment AND (valid_until IS NULL OR moment < valid_until)
$$;

CREATE FUNCTION statement_actor_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF statement_side(NEW.recorded_by, NEW.recorded_at) IS DISTINCT FROM '' THEN
        RAISE EXCEPTION '% is nobody who decides about statements', NEW.recorded_by
            USING HINT = 'a registered person of the roles {", ".join(sorted(DECIDING))} has to';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION statement_speaker_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    side text := statement_side(NEW.recorded_by, NEW.recorded_at);
    partner text := (SELECT partner_id FROM statement_submissions WHERE statement_id = NEW.statement_id LIMIT 1);
BEGIN
    IF side IS NULL OR side NOT IN ('', partner) THEN
        RAISE EXCEPTION '% does not speak for %', NEW.recorded_by, partner
            USING HINT = 'a person of the partner''s has to, or somebody who decides, on its behalf';
    END IF;
    IF NEW.on_behalf_of IS DISTINCT FROM (CASE WHEN side = '' THEN partner END) THEN
        RAISE EXCEPTION 'on_behalf_of is %, and % speaks %', coalesce(NEW.on_behalf_of, 'null'), NEW.recorded_by,
                        CASE WHEN side = '' THEN 'on behalf of ' || partner ELSE 'for itself' END
            USING HINT = 'it names the partner where somebody else speaks for it, and else nobody';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION statement_step_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_log WHERE recorded_at = NEW.recorded_at AND actor = NEW.recorded_by) THEN
        RAISE EXCEPTION 'a row of % is by %, and no entry of the audit log says so', TG_TABLE_NAME, NEW.recorded_by;
    END IF;
    RETURN NULL;
END $$;
"""


def timed(table: str) -> str:
    """The rows of a table take the ledger's clock."""
    return f"""
CREATE TRIGGER a_timed BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION statement_step_timed();
"""


def decided_by(table: str) -> str:
    """They do, and are of somebody who decides."""
    return timed(table) + _signed(table, "statement_actor_allowed")


def said_by(table: str) -> str:
    """They do, and are of the partner, or of somebody who decides on its behalf."""
    return timed(table) + _signed(table, "statement_speaker_allowed")


def _signed(table: str, allowed: str) -> str:
    return f"""
CREATE TRIGGER acting BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {allowed}();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();
"""
