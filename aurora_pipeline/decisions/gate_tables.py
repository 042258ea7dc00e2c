"""The tables of what people decide about the gate: rejected snapshots that count after all, warnings that are known."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.decisions.tables import REASON, RECORDED_BY, RECORDED_THROUGH
from aurora_pipeline.decisions.users import DECIDING
from aurora_pipeline.store.column_rules import quoted
from aurora_pipeline.store.declaration import CHAIN_ID, Column, ColumnKind, Table, TableKind, integer, text
from aurora_pipeline.store.tables import ASSET, SNAPSHOT_ID, recorded_at

RELEASABLE: Final = ("slots_add_up", "something_known")
"""The rules that may be released, by name: the database refuses a release of any other. A test compares them."""
RELEASING: Final = ("ADMIN", "FINANCE")
"""Who may release; an ADMIN only where one user is all people: elsewhere only FINANCE has the right."""


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(quoted(name) for name in names)


_RELEASES = f"""
-- The rules that a snapshot breaks; '' for what is told in words alone.
CREATE FUNCTION rules_broken(snapshot bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT coalesce(v ->> 'rule', '')), '{{}}')
    FROM snapshot_reports r, jsonb_array_elements(r.violations) v WHERE r.snapshot_id = snapshot
$$;

CREATE FUNCTION person_role(person text, moment timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT role FROM (SELECT * FROM users WHERE login = person ORDER BY revision DESC LIMIT 1) newest
    WHERE valid_from <= moment AND (valid_until IS NULL OR moment < valid_until)
$$;

CREATE FUNCTION snapshot_release_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text[] := rules_broken(NEW.snapshot_id);
    never text := (SELECT string_agg(coalesce(nullif(rule, ''), 'a rule without a name'), ', ' ORDER BY rule)
                   FROM unnest(broken) rule WHERE rule NOT IN ({_listed(RELEASABLE)}));
BEGIN
    IF person_role(NEW.recorded_by, NEW.recorded_at) IS NULL
       OR person_role(NEW.recorded_by, NEW.recorded_at) NOT IN ({_listed(RELEASING)}) THEN
        RAISE EXCEPTION '% is nobody who releases snapshots', NEW.recorded_by
            USING HINT = 'somebody of FINANCE has to';
    END IF;
    IF broken = '{{}}' OR EXISTS (SELECT FROM publications p WHERE p.snapshot_id = NEW.snapshot_id) THEN
        RAISE EXCEPTION 'snapshot % was not rejected by a rule of its own', NEW.snapshot_id
            USING HINT = '`aurora snapshots list --rejected` names those that were';
    END IF;
    IF never IS NOT NULL THEN
        RAISE EXCEPTION 'snapshot % breaks %, which nobody may release', NEW.snapshot_id, never
            USING HINT = 'docs/gates.md says what to do; correct the cause and recompute';
    END IF;
    IF NEW.rules IS DISTINCT FROM (SELECT string_agg(rule, ', ' ORDER BY rule) FROM unnest(broken) rule)
       OR NEW.chain_id IS DISTINCT FROM (SELECT s.chain_id FROM snapshots s WHERE s.snapshot_id = NEW.snapshot_id)
    THEN
        RAISE EXCEPTION 'what is released is not what snapshot % breaks', NEW.snapshot_id
            USING HINT = 'release it with `aurora snapshots release`';
    END IF;
    RETURN NEW;
END $$;

-- Nothing comes into force that a rule holds back, unless just that content was released from just these rules.
CREATE FUNCTION publication_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE broken text[] := rules_broken(NEW.snapshot_id);
BEGIN
    IF broken <> '{{}}' AND NOT EXISTS (
        SELECT FROM snapshot_releases l JOIN snapshots o ON o.snapshot_id = l.snapshot_id
        JOIN snapshots n ON n.snapshot_id = NEW.snapshot_id AND n.asset = o.asset AND n.chain_id = o.chain_id
             AND n.period = o.period AND n.content_digest = o.content_digest
        WHERE broken <@ string_to_array(l.rules, ', ')
    ) THEN
        RAISE EXCEPTION 'snapshot % breaks %, and nobody released it', NEW.snapshot_id, array_to_string(broken, ', ')
            USING HINT = '`aurora snapshots show` tells what is wrong with it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON publications FOR EACH ROW EXECUTE FUNCTION publication_allowed();
CREATE TRIGGER a_timed BEFORE INSERT ON snapshot_releases FOR EACH ROW EXECUTE FUNCTION statement_step_timed();
CREATE TRIGGER allowed BEFORE INSERT ON snapshot_releases FOR EACH ROW EXECUTE FUNCTION snapshot_release_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON snapshot_releases DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();
"""

_ACKNOWLEDGED = f"""
CREATE FUNCTION acknowledgement_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF person_role(NEW.recorded_by, NEW.recorded_at) IS NULL
       OR person_role(NEW.recorded_by, NEW.recorded_at) NOT IN ({_listed(tuple(sorted(DECIDING)))}) THEN
        RAISE EXCEPTION '% is nobody who decides', NEW.recorded_by
            USING HINT = 'a registered person of the roles {", ".join(sorted(DECIDING))} has to';
    END IF;
    IF NEW.valid_until <= NEW.recorded_at OR NEW.valid_until > NEW.recorded_at + interval '366 days' THEN
        RAISE EXCEPTION 'a warning is acknowledged for a time of at most a year'
            USING HINT = 'give a day to come, not later than in a year';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER a_timed BEFORE INSERT ON warning_acknowledgements FOR EACH ROW
    EXECUTE FUNCTION statement_step_timed();
CREATE TRIGGER allowed BEFORE INSERT ON warning_acknowledgements FOR EACH ROW
    EXECUTE FUNCTION acknowledgement_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON warning_acknowledgements DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();
"""

SNAPSHOT_RELEASES = Table(
    name="snapshot_releases",
    kind=TableKind.DECISION,
    description="Rejected snapshots that may count after all: the same content, breaking no other rules than these.",
    columns=(
        SNAPSHOT_ID,
        CHAIN_ID,
        text("rules", "The rules that it breaks, sorted, with a comma between two."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("snapshot_id",),
    guards=(_RELEASES,),
)

WARNING_ACKNOWLEDGEMENTS = Table(
    name="warning_acknowledgements",
    kind=TableKind.DECISION,
    description="Warnings that somebody looked at and knows the cause of: told, but no news until the day they end.",
    columns=(
        CHAIN_ID,
        ASSET,
        text("rule", "The rule that warns."),
        text("subject", "What it is about, like a validator's key; empty: the chain as a whole."),
        integer("number", "Its place among those of the same warning, from 1; the newest counts.", minimum=1),
        Column("valid_until", ColumnKind.INSTANT, "Until when it holds (excluded)."),
        REASON,
        RECORDED_BY,
        recorded_at(),
        RECORDED_THROUGH,
    ),
    key=("chain_id", "asset", "rule", "subject", "number"),
    guards=(_ACKNOWLEDGED,),
)

GATE_TABLES = (SNAPSHOT_RELEASES, WARNING_ACKNOWLEDGEMENTS)
