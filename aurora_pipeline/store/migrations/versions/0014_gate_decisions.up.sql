-- Rejected snapshots that are released, and warnings that are acknowledged: frozen. A change is a new migration.

CREATE TABLE snapshot_releases (
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    chain_id text NOT NULL,
    rules text NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL DEFAULT current_user,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    recorded_through text DEFAULT session_user,
    PRIMARY KEY (snapshot_id)
);
COMMENT ON TABLE snapshot_releases IS 'Rejected snapshots that may count after all: the same content, breaking no other rules than these.';
COMMENT ON COLUMN snapshot_releases.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN snapshot_releases.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN snapshot_releases.rules IS 'The rules that it breaks, sorted, with a comma between two.';
COMMENT ON COLUMN snapshot_releases.reason IS 'Why it was decided.';
COMMENT ON COLUMN snapshot_releases.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN snapshot_releases.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
COMMENT ON COLUMN snapshot_releases.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON snapshot_releases FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON snapshot_releases DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TABLE warning_acknowledgements (
    chain_id text NOT NULL,
    asset text NOT NULL,
    rule text NOT NULL,
    subject text NOT NULL,
    number bigint NOT NULL CHECK (number >= 1),
    valid_until timestamptz NOT NULL,
    reason text NOT NULL,
    recorded_by text NOT NULL DEFAULT current_user,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    recorded_through text DEFAULT session_user,
    PRIMARY KEY (chain_id, asset, rule, subject, number)
);
COMMENT ON TABLE warning_acknowledgements IS 'Warnings that somebody looked at and knows the cause of: told, but no news until the day they end.';
COMMENT ON COLUMN warning_acknowledgements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN warning_acknowledgements.asset IS 'The layer table whose rows these are.';
COMMENT ON COLUMN warning_acknowledgements.rule IS 'The rule that warns.';
COMMENT ON COLUMN warning_acknowledgements.subject IS 'What it is about, like a validator''s key; empty: the chain as a whole.';
COMMENT ON COLUMN warning_acknowledgements.number IS 'Its place among those of the same warning, from 1; the newest counts.';
COMMENT ON COLUMN warning_acknowledgements.valid_until IS 'Until when it holds (excluded).';
COMMENT ON COLUMN warning_acknowledgements.reason IS 'Why it was decided.';
COMMENT ON COLUMN warning_acknowledgements.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN warning_acknowledgements.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
COMMENT ON COLUMN warning_acknowledgements.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON warning_acknowledgements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON warning_acknowledgements DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

-- The rules that a snapshot breaks; '' for what is told in words alone.
CREATE FUNCTION rules_broken(snapshot bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT coalesce(v ->> 'rule', '')), '{}')
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
                   FROM unnest(broken) rule WHERE rule NOT IN ('slots_add_up', 'something_known'));
BEGIN
    IF person_role(NEW.recorded_by, NEW.recorded_at) IS NULL
       OR person_role(NEW.recorded_by, NEW.recorded_at) NOT IN ('ADMIN', 'FINANCE') THEN
        RAISE EXCEPTION '% is nobody who releases snapshots', NEW.recorded_by
            USING HINT = 'somebody of FINANCE has to';
    END IF;
    IF broken = '{}' OR EXISTS (SELECT FROM publications p WHERE p.snapshot_id = NEW.snapshot_id) THEN
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
    IF broken <> '{}' AND NOT EXISTS (
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

CREATE FUNCTION acknowledgement_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF person_role(NEW.recorded_by, NEW.recorded_at) IS NULL
       OR person_role(NEW.recorded_by, NEW.recorded_at) NOT IN ('ADMIN', 'FINANCE', 'OPS') THEN
        RAISE EXCEPTION '% is nobody who decides', NEW.recorded_by
            USING HINT = 'a registered person of the roles ADMIN, FINANCE, OPS has to';
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

ALTER FUNCTION rules_broken SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION person_role SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION snapshot_release_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION publication_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION acknowledgement_allowed SET search_path = pg_catalog, public, pg_temp;

ALTER FUNCTION snapshot_release_allowed SECURITY DEFINER;
ALTER FUNCTION publication_allowed SECURITY DEFINER;
ALTER FUNCTION acknowledgement_allowed SECURITY DEFINER;
