-- Who did it and through which login, what released statements stand in, and whose rights count: frozen.
ALTER TABLE audit_log ALTER COLUMN actor SET DEFAULT current_user;
ALTER TABLE audit_log ADD COLUMN recorded_through text;
ALTER TABLE audit_log ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN audit_log.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE users ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE users ADD COLUMN chains text;
COMMENT ON COLUMN users.chains IS 'The only chains that the person sees, as a sorted JSON list; null: every one.';
ALTER TABLE users ADD COLUMN validators text;
COMMENT ON COLUMN users.validators IS 'The only validators that the person sees, as such a list; null: every one.';
ALTER TABLE users ADD COLUMN recorded_through text;
ALTER TABLE users ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN users.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE canonical_validator_identities ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE canonical_validator_identities ADD COLUMN recorded_through text;
ALTER TABLE canonical_validator_identities ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN canonical_validator_identities.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE operator_wallets ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE operator_wallets ADD COLUMN recorded_through text;
ALTER TABLE operator_wallets ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN operator_wallets.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE cost_entries ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE cost_entries ADD COLUMN recorded_through text;
ALTER TABLE cost_entries ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN cost_entries.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE partners ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE partners ADD COLUMN recorded_through text;
ALTER TABLE partners ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN partners.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE partner_series ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE partner_series ADD COLUMN recorded_through text;
ALTER TABLE partner_series ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN partner_series.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE partner_minimum_payouts ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE partner_minimum_payouts ADD COLUMN recorded_through text;
ALTER TABLE partner_minimum_payouts ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN partner_minimum_payouts.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE partner_wallets ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE partner_wallets ADD COLUMN recorded_through text;
ALTER TABLE partner_wallets ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN partner_wallets.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE agreements ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE agreements ADD COLUMN recorded_through text;
ALTER TABLE agreements ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN agreements.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE agreement_versions ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE agreement_versions ADD COLUMN recorded_through text;
ALTER TABLE agreement_versions ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN agreement_versions.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE agreement_events ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE agreement_events ADD COLUMN recorded_through text;
ALTER TABLE agreement_events ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN agreement_events.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE commission_overrides ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE commission_overrides ADD COLUMN recorded_through text;
ALTER TABLE commission_overrides ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN commission_overrides.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_openings ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_openings ADD COLUMN recorded_through text;
ALTER TABLE statement_openings ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_openings.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_submissions ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_submissions ADD COLUMN recorded_through text;
ALTER TABLE statement_submissions ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_submissions.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_rejections ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_rejections ADD COLUMN recorded_through text;
ALTER TABLE statement_rejections ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_rejections.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_approvals ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_approvals ADD COLUMN recorded_through text;
ALTER TABLE statement_approvals ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_approvals.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_releases ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_releases ADD COLUMN recorded_through text;
ALTER TABLE statement_releases ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_releases.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_payments ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_payments ADD COLUMN recorded_through text;
ALTER TABLE statement_payments ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_payments.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_disputed_payments ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_disputed_payments ADD COLUMN recorded_through text;
ALTER TABLE statement_disputed_payments ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_disputed_payments.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_acknowledgements ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_acknowledgements ADD COLUMN recorded_through text;
ALTER TABLE statement_acknowledgements ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_acknowledgements.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_disputes ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_disputes ADD COLUMN recorded_through text;
ALTER TABLE statement_disputes ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_disputes.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';
ALTER TABLE statement_dispute_answers ALTER COLUMN recorded_by SET DEFAULT current_user;
ALTER TABLE statement_dispute_answers ADD COLUMN recorded_through text;
ALTER TABLE statement_dispute_answers ALTER COLUMN recorded_through SET DEFAULT session_user;
COMMENT ON COLUMN statement_dispute_answers.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';

ALTER FUNCTION record_instant() SECURITY DEFINER;

CREATE TABLE released_snapshots (
    statement_id uuid NOT NULL,
    snapshot_id bigint NOT NULL REFERENCES snapshots,
    part text NOT NULL CHECK (part IN ('STATEMENT', 'ENTRIES', 'LINES')),
    partner_id text NOT NULL,
    chain_id text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, snapshot_id, part)
);
COMMENT ON TABLE released_snapshots IS 'Which snapshots each released statement stands in: of these its partner sees its own rows.';
COMMENT ON COLUMN released_snapshots.statement_id IS 'The statement.';
COMMENT ON COLUMN released_snapshots.snapshot_id IS 'The snapshot.';
COMMENT ON COLUMN released_snapshots.part IS 'What of the statement it holds.';
COMMENT ON COLUMN released_snapshots.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN released_snapshots.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN released_snapshots.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
CREATE INDEX ON released_snapshots (partner_id, part);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON released_snapshots FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- What a release lets the partner see: the statement as it was submitted, its entries, and the lines of its periods.
CREATE FUNCTION statement_released_from(of_statement uuid)
RETURNS TABLE (statement_id uuid, snapshot_id bigint, part text, partner_id text, chain_id text)
LANGUAGE sql STABLE AS $$
    SELECT s.statement_id, one.snapshot_id, one.part, s.partner_id, s.chain_id
    FROM statement_approvals a
    JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
    CROSS JOIN LATERAL (
        SELECT s.snapshot_id, 'STATEMENT' AS part UNION ALL SELECT s.entries_snapshot_id, 'ENTRIES'
        UNION ALL SELECT DISTINCT lines, 'LINES' FROM statement_line_snapshots(s.snapshot_id) lines) one
    WHERE a.statement_id = of_statement
$$;

CREATE FUNCTION statement_release_shown() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO released_snapshots (statement_id, snapshot_id, part, partner_id, chain_id)
        SELECT f.statement_id, f.snapshot_id, f.part, f.partner_id, f.chain_id
        FROM statement_released_from(NEW.statement_id) f;
    RETURN NULL;
END $$;
CREATE TRIGGER shown AFTER INSERT ON statement_releases FOR EACH ROW EXECUTE FUNCTION statement_release_shown();
INSERT INTO released_snapshots (statement_id, snapshot_id, part, partner_id, chain_id, recorded_at)
    SELECT f.statement_id, f.snapshot_id, f.part, f.partner_id, f.chain_id, r.recorded_at
    FROM statement_releases r CROSS JOIN LATERAL statement_released_from(r.statement_id) f;
CREATE VIEW released_statements AS
    SELECT t.month AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.monthly_statements t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT'
    UNION ALL SELECT lpad(t.epoch::text, 7, '0') AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.epoch_payables t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT';
COMMENT ON VIEW released_statements IS 'Statements with balances as they were released.';
COMMENT ON COLUMN released_statements.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN released_statements.statement_id IS 'UUIDv5 over partner, chain, period and series.';
COMMENT ON COLUMN released_statements.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN released_statements.partner_name IS 'The partner''s name when it was computed.';
COMMENT ON COLUMN released_statements.payable_series IS 'The series by which the partner is paid in this month; of another one, it is for information only.';
COMMENT ON COLUMN released_statements.number IS 'Its place in the chain of the partner''s balances, from 1; null: for information only.';
COMMENT ON COLUMN released_statements.started_at IS 'When its first period started; the month''s start without one.';
COMMENT ON COLUMN released_statements.ended_at IS 'When its last period ended; the month''s end without one.';
COMMENT ON COLUMN released_statements.line_count IS 'How many lines its periods have, held and missing ones included.';
COMMENT ON COLUMN released_statements.held_count IS 'How many of them are held.';
COMMENT ON COLUMN released_statements.missing_count IS 'How many of them, and of its top-ups, have no amount yet.';
COMMENT ON COLUMN released_statements.unsettled_count IS 'How many are not final or held: each is accepted by name, or it is not submitted.';
COMMENT ON COLUMN released_statements.blocked_count IS 'How many overrides have no target; each blocks it.';
COMMENT ON COLUMN released_statements.opening IS 'The closing balance of the statement before; null: for information.';
COMMENT ON COLUMN released_statements.lines IS 'The sum of its periods'' lines that have an amount and are not held.';
COMMENT ON COLUMN released_statements.top_ups IS 'What floors per MONTH add, as far as it is known.';
COMMENT ON COLUMN released_statements.adjustments IS 'The sum of its adjustments of what was stated before.';
COMMENT ON COLUMN released_statements.total IS 'opening + lines + top_ups + adjustments; null while a figure is missing.';
COMMENT ON COLUMN released_statements.known_total IS 'The same with missing figures at 0, as it is paid where they are accepted.';
COMMENT ON COLUMN released_statements.held_total IS 'The sum of the held lines, which is not owed until the terms are settled.';
COMMENT ON COLUMN released_statements.minimum_payout IS 'The least that is paid; null: for information.';
COMMENT ON COLUMN released_statements.payable IS 'known_total where it reaches the minimum, else 0; null: information.';
COMMENT ON COLUMN released_statements.closing IS 'known_total - payable, which opens the next; null: for information.';
COMMENT ON COLUMN released_statements.lines_digest IS 'Merkle root over its lines'' leaves, period by period, by their keys.';
COMMENT ON COLUMN released_statements.entries_digest IS 'Merkle root over its top-ups and adjustments, by their keys.';
COMMENT ON COLUMN released_statements.state IS 'How much is known of the total.';
COMMENT ON COLUMN released_statements.statement_digest IS 'Commits to all the other columns: what is approved and paid.';
COMMENT ON COLUMN released_statements.period IS 'Its month, like 2026-08, or its epoch, with zeros before it.';
COMMENT ON COLUMN released_statements.released_at IS 'When it was released.';
CREATE VIEW released_statement_entries AS
    SELECT t.chain_id, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state
    FROM layers.monthly_statement_entries t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'ENTRIES'
    UNION ALL SELECT t.chain_id, t.entry_id, t.statement_id, t.partner_id, t.kind, t.source_period, t.line_id, t.number, t.agreement_id, t.agreement_version, t.rule_key, t.validator_key, t.wallet_address, t.line_kind, t.component, t.stated, t.now, t.amount, t.cause, t.disputed_on, t.state
    FROM layers.epoch_payable_entries t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'ENTRIES';
COMMENT ON VIEW released_statement_entries IS 'The top-ups and adjustments of released statements.';
COMMENT ON COLUMN released_statement_entries.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN released_statement_entries.entry_id IS 'UUIDv5 over the source line and its number, or over the top-up''s key.';
COMMENT ON COLUMN released_statement_entries.statement_id IS 'The statement it is on.';
COMMENT ON COLUMN released_statement_entries.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN released_statement_entries.kind IS 'A floor''s top-up of the month, or an adjustment.';
COMMENT ON COLUMN released_statement_entries.source_period IS 'The period it is about: an epoch like 0000850, or a month like 2026-08.';
COMMENT ON COLUMN released_statement_entries.line_id IS 'The line it adjusts; of a top-up, the top-up''s own id.';
COMMENT ON COLUMN released_statement_entries.number IS 'The how manyth entry about that line it is, from 1.';
COMMENT ON COLUMN released_statement_entries.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN released_statement_entries.agreement_version IS 'The version in force now; null: the line is gone.';
COMMENT ON COLUMN released_statement_entries.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN released_statement_entries.validator_key IS 'The line''s validator; empty: all of the rule''s.';
COMMENT ON COLUMN released_statement_entries.wallet_address IS 'The line''s wallet; empty: the whole validator.';
COMMENT ON COLUMN released_statement_entries.line_kind IS 'What the line is.';
COMMENT ON COLUMN released_statement_entries.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN released_statement_entries.stated IS 'What was stated for the line so far, earlier adjustments included; null: a top-up.';
COMMENT ON COLUMN released_statement_entries.now IS 'What it comes to now; null: not known yet.';
COMMENT ON COLUMN released_statement_entries.amount IS 'What it adds to the statement: now - stated, or the top-up; null: not known.';
COMMENT ON COLUMN released_statement_entries.cause IS 'Why it is another figure; null: a top-up.';
COMMENT ON COLUMN released_statement_entries.disputed_on IS 'The statement whose accepted dispute it settles; null: none.';
COMMENT ON COLUMN released_statement_entries.state IS 'How much is known of the amount.';
CREATE VIEW released_statement_lines AS
    SELECT r.statement_id, t.epoch, t.chain_id, t.line_id, t.partner_id, t.agreement_id, t.agreement_version, t.rule_key, t.rule_order, t.kind, t.validator_key, t.wallet_address, t.component, t.funded_by, t.attribution_method, t.basis, t.rate_bps, t.revenue, t.costs, t.loss_before, t.loss_after, t.weighted_by, t.weight, t.weight_whole, t.base, t.rule_base, t.rule_amount, t.rule_trace, t.validator_amount, t.wallet_weight, t.computed, t.override, t.final, t.held, t.state
    FROM layers.partner_commission_lines t JOIN released_snapshots r ON (r.snapshot_id, r.partner_id) = (t.snapshot_id, t.partner_id) AND r.part = 'LINES';
COMMENT ON VIEW released_statement_lines IS 'The commission lines of released statements, as stated.';
COMMENT ON COLUMN released_statement_lines.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN released_statement_lines.line_id IS 'UUIDv5 over agreement, rule, validator, wallet, chain, period and kind.';
COMMENT ON COLUMN released_statement_lines.partner_id IS 'The partner''s stable key.';
COMMENT ON COLUMN released_statement_lines.agreement_id IS 'The agreement''s stable key.';
COMMENT ON COLUMN released_statement_lines.agreement_version IS 'The version of the terms that was in force.';
COMMENT ON COLUMN released_statement_lines.rule_key IS 'The rule''s key, stable across versions.';
COMMENT ON COLUMN released_statement_lines.rule_order IS 'The rule''s place among its agreement''s rules, from 1.';
COMMENT ON COLUMN released_statement_lines.kind IS 'LINE: what a rule pays for a validator or wallet; CAP_REDUCTION: what its cap takes off that; FLOOR_TOP_UP: what its floor adds to all its lines.';
COMMENT ON COLUMN released_statement_lines.validator_key IS 'The validator''s stable key; empty: all of the rule''s lines (FLOOR_TOP_UP).';
COMMENT ON COLUMN released_statement_lines.wallet_address IS 'The wallet the line is about; empty: the whole validator.';
COMMENT ON COLUMN released_statement_lines.component IS 'The revenue component the rule looks at.';
COMMENT ON COLUMN released_statement_lines.funded_by IS 'What pays the line: a component, or the operator''s guarantee.';
COMMENT ON COLUMN released_statement_lines.attribution_method IS 'How much of the component is the base.';
COMMENT ON COLUMN released_statement_lines.basis IS 'What of the component is the base.';
COMMENT ON COLUMN released_statement_lines.rate_bps IS 'The flat rate in hundredths of a percent; null: tiers.';
COMMENT ON COLUMN released_statement_lines.revenue IS 'The component''s amount; null: not known, or not looked at.';
COMMENT ON COLUMN released_statement_lines.costs IS 'What NET takes off it: the costs that reduce it; null on GROSS.';
COMMENT ON COLUMN released_statement_lines.loss_before IS 'The loss carried into the period; null: none are carried.';
COMMENT ON COLUMN released_statement_lines.loss_after IS 'The loss carried out of the period; null: none are carried.';
COMMENT ON COLUMN released_statement_lines.weighted_by IS 'What `weight` counts; null: no weight.';
COMMENT ON COLUMN released_statement_lines.weight IS 'What the partner''s wallets have on the validator.';
COMMENT ON COLUMN released_statement_lines.weight_whole IS 'What all wallets have; null: the weight is the base.';
COMMENT ON COLUMN released_statement_lines.base IS 'What the rate applies to; on cuts, what is cut; null: not known.';
COMMENT ON COLUMN released_statement_lines.rule_base IS 'The bases of all the rule''s validators; on cuts, what is cut.';
COMMENT ON COLUMN released_statement_lines.rule_amount IS 'What the rule''s validators share by their bases.';
COMMENT ON COLUMN released_statement_lines.rule_trace IS 'The arithmetic of rule_amount; null on flat rates.';
COMMENT ON COLUMN released_statement_lines.validator_amount IS 'What the validator''s wallets share; null: no wallet.';
COMMENT ON COLUMN released_statement_lines.wallet_weight IS 'What of it is the wallet''s, as its share is weighted.';
COMMENT ON COLUMN released_statement_lines.computed IS 'What the terms give: the base at its rate, or a share; null without a base.';
COMMENT ON COLUMN released_statement_lines.override IS 'What is paid instead of the computed amount; null: nothing else.';
COMMENT ON COLUMN released_statement_lines.final IS 'The override if there is one, else the computed amount. Counts 0 while held.';
COMMENT ON COLUMN released_statement_lines.held IS 'Whether it waits because lines claim more than the component holds.';
COMMENT ON COLUMN released_statement_lines.state IS 'How much is known of the line''s amounts.';
COMMENT ON COLUMN released_statement_lines.statement_id IS 'The statement that states the line.';
COMMENT ON COLUMN released_statement_lines.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
-- What holds now of whoever acts: the login, or whom a program's login has taken on for a transaction. It runs as its
-- owner, for whom current_user would be itself.
CREATE FUNCTION access_holding() RETURNS SETOF users LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
DECLARE
    person text := coalesce(nullif(current_setting('role'), 'none'), session_user);
BEGIN
    RETURN QUERY SELECT * FROM (SELECT * FROM users WHERE login = person ORDER BY revision DESC LIMIT 1) newest
        WHERE valid_from <= clock_timestamp() AND (valid_until IS NULL OR clock_timestamp() < valid_until);
END $$;

-- Whether who acts is now somebody of one of these roles.
CREATE FUNCTION access_granted(roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE role = ANY (roles));
END $$;

-- Whether so, and narrowed to no chains or validators.
CREATE FUNCTION access_whole(roles text[]) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
    SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE role = ANY (roles) AND chains IS NULL AND validators IS NULL);
END $$;

-- Whether who acts is narrowed, and sees less than there is.
CREATE FUNCTION access_is_narrowed() RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN EXISTS (SELECT FROM access_holding() WHERE chains IS NOT NULL OR validators IS NOT NULL);
END $$;

-- The only chains, and the only validators, that who acts sees; null: every one.
CREATE FUNCTION access_chains() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT array(SELECT jsonb_array_elements_text(chains::jsonb)) FROM access_holding()
            WHERE chains IS NOT NULL);
END $$;

CREATE FUNCTION access_validators() RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT array(SELECT jsonb_array_elements_text(validators::jsonb)) FROM access_holding()
            WHERE validators IS NOT NULL);
END $$;

-- The partner for whom who acts is here; null: for none.
CREATE FUNCTION access_partner() RETURNS text LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER AS $$
BEGIN
    RETURN (SELECT partner_id FROM access_holding() WHERE role = 'PARTNER');
END $$;

-- Makes the login of a person what the newest decision about it says, and sets its password, of which only the SCRAM
-- verifier is ever told. It runs as its owner, who may make roles; an ADMIN calls it, and can make nobody else by it.
CREATE FUNCTION access_login_follows(person text, verifier text DEFAULT NULL) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER AS $$
DECLARE
    mark text := format('Aurora''s: a person of the database %s.', current_database());
    decided users;
    kind text;
BEGIN
    SELECT * INTO decided FROM users WHERE login = person ORDER BY revision DESC LIMIT 1;
    IF decided.login IS NULL THEN
        RAISE EXCEPTION '% is no user', person USING HINT = 'a login is made of who is one: `aurora users add`';
    END IF;
    IF verifier !~ '^SCRAM-SHA-256\$[0-9]+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$' THEN
        RAISE EXCEPTION 'that is no SCRAM verifier' USING HINT = 'no password is ever sent as it is';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = person) THEN
        EXECUTE format('CREATE ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', person);
        EXECUTE format('COMMENT ON ROLE %I IS %L', person, mark);
    ELSIF mark IS DISTINCT FROM (
        SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = person) THEN
        RAISE EXCEPTION 'the role % is on this server already, and is no person of this database', person
            USING HINT = 'give the person another login';
    END IF;
    FOR kind IN SELECT * FROM access_groups() LOOP
        EXECUTE format('REVOKE %I FROM %I', access_group(kind), person);
    END LOOP;
    IF decided.valid_until <= clock_timestamp() THEN
        EXECUTE format('REVOKE %I FROM %I', person, access_group('API'));
        EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', person);
        RETURN;
    END IF;
    EXECUTE format('ALTER ROLE %I LOGIN VALID UNTIL %L', person, coalesce(decided.valid_until, 'infinity'));
    IF verifier IS NOT NULL THEN
        EXECUTE format('ALTER ROLE %I PASSWORD %L', person, verifier);
    END IF;
    EXECUTE format('GRANT %I TO %I WITH INHERIT TRUE, SET FALSE', access_group(decided.role), person);
    EXECUTE format('GRANT %I TO %I WITH INHERIT FALSE, SET TRUE', person, access_group('API'));
END $$;

-- The role of this database that holds what people of a kind may do, known by its comment: long names are cut.
CREATE FUNCTION access_group(kind text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text := (SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid')
                       = format('Aurora''s: %s of the database %s.', kind, current_database()));
BEGIN
    IF found IS NULL THEN
        RAISE EXCEPTION 'this database has no role for %', kind
            USING HINT = 'have `aurora db upgrade` run by a user who may create roles and owns the database';
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION access_groups() RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    SELECT unnest(ARRAY['ADMIN', 'FINANCE', 'OPS', 'ANALYST', 'PARTNER', 'AUDITOR'])
$$;
ALTER VIEW in_force SET (security_invoker = true);
ALTER VIEW snapshot_states SET (security_invoker = true);
ALTER VIEW staging_payloads_json SET (security_invoker = true);
ALTER VIEW period_months SET (security_invoker = true);
ALTER VIEW validator_names SET (security_invoker = true);
ALTER VIEW partner_names SET (security_invoker = true);
ALTER VIEW canonical_validator_fees SET (security_invoker = true);
ALTER VIEW canonical_validator_fees_named SET (security_invoker = true);
ALTER VIEW canonical_validator_fees_in_coins SET (security_invoker = true);
ALTER VIEW canonical_validator_mev SET (security_invoker = true);
ALTER VIEW canonical_validator_mev_named SET (security_invoker = true);
ALTER VIEW canonical_validator_mev_in_coins SET (security_invoker = true);
ALTER VIEW canonical_validator_balances SET (security_invoker = true);
ALTER VIEW canonical_validator_balances_named SET (security_invoker = true);
ALTER VIEW canonical_validator_balances_in_coins SET (security_invoker = true);
ALTER VIEW canonical_stake_rewards SET (security_invoker = true);
ALTER VIEW canonical_stake_rewards_named SET (security_invoker = true);
ALTER VIEW canonical_stake_rewards_in_coins SET (security_invoker = true);
ALTER VIEW canonical_validator_meta SET (security_invoker = true);
ALTER VIEW canonical_validator_meta_named SET (security_invoker = true);
ALTER VIEW canonical_validator_meta_in_coins SET (security_invoker = true);
ALTER VIEW canonical_stake_positions SET (security_invoker = true);
ALTER VIEW canonical_stake_positions_named SET (security_invoker = true);
ALTER VIEW canonical_stake_positions_in_coins SET (security_invoker = true);
ALTER VIEW canonical_validator_costs SET (security_invoker = true);
ALTER VIEW canonical_validator_costs_named SET (security_invoker = true);
ALTER VIEW canonical_validator_costs_in_coins SET (security_invoker = true);
ALTER VIEW canonical_stake_events SET (security_invoker = true);
ALTER VIEW canonical_stake_events_named SET (security_invoker = true);
ALTER VIEW canonical_stake_events_in_coins SET (security_invoker = true);
ALTER VIEW canonical_completeness SET (security_invoker = true);
ALTER VIEW canonical_completeness_named SET (security_invoker = true);
ALTER VIEW canonical_completeness_in_coins SET (security_invoker = true);
ALTER VIEW cross_check_differences SET (security_invoker = true);
ALTER VIEW cross_check_differences_named SET (security_invoker = true);
ALTER VIEW cross_check_differences_in_coins SET (security_invoker = true);
ALTER VIEW validator_pnl SET (security_invoker = true);
ALTER VIEW validator_pnl_named SET (security_invoker = true);
ALTER VIEW validator_pnl_in_coins SET (security_invoker = true);
ALTER VIEW partner_commission_lines SET (security_invoker = true);
ALTER VIEW partner_commission_lines_named SET (security_invoker = true);
ALTER VIEW partner_commission_lines_in_coins SET (security_invoker = true);
ALTER VIEW commission_rule_results SET (security_invoker = true);
ALTER VIEW commission_rule_results_named SET (security_invoker = true);
ALTER VIEW commission_rule_results_in_coins SET (security_invoker = true);
ALTER VIEW revenue_allocation SET (security_invoker = true);
ALTER VIEW revenue_allocation_named SET (security_invoker = true);
ALTER VIEW revenue_allocation_in_coins SET (security_invoker = true);
ALTER VIEW partner_commission_statements SET (security_invoker = true);
ALTER VIEW partner_commission_statements_named SET (security_invoker = true);
ALTER VIEW partner_commission_statements_in_coins SET (security_invoker = true);
ALTER VIEW monthly_statements SET (security_invoker = true);
ALTER VIEW monthly_statements_named SET (security_invoker = true);
ALTER VIEW monthly_statements_in_coins SET (security_invoker = true);
ALTER VIEW monthly_statement_entries SET (security_invoker = true);
ALTER VIEW monthly_statement_entries_named SET (security_invoker = true);
ALTER VIEW monthly_statement_entries_in_coins SET (security_invoker = true);
ALTER VIEW epoch_payables SET (security_invoker = true);
ALTER VIEW epoch_payables_named SET (security_invoker = true);
ALTER VIEW epoch_payables_in_coins SET (security_invoker = true);
ALTER VIEW epoch_payable_entries SET (security_invoker = true);
ALTER VIEW epoch_payable_entries_named SET (security_invoker = true);
ALTER VIEW epoch_payable_entries_in_coins SET (security_invoker = true);
ALTER VIEW restatements SET (security_invoker = true);
ALTER VIEW restatements_in_coins SET (security_invoker = true);
ALTER VIEW released_statements SET (security_invoker = true);
ALTER VIEW released_statement_entries SET (security_invoker = true);
ALTER VIEW released_statement_lines SET (security_invoker = true);
ALTER FUNCTION refuse_change SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION refuse_unlogged SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION record_instant SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION as_json SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION in_force_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_validator_fees_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_validator_mev_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_validator_balances_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_stake_rewards_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_validator_meta_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_stake_positions_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_validator_costs_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_stake_events_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION canonical_completeness_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION cross_check_differences_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION validator_pnl_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION partner_commission_lines_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION commission_rule_results_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION revenue_allocation_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION partner_commission_statements_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION monthly_statements_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION monthly_statement_entries_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION epoch_payables_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION epoch_payable_entries_as_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION restated_because SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_step_timed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_side SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_actor_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_speaker_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_step_signed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_account SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_line_snapshots SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_submission_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION lineages_of SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION names_in_force SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION terms_named SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION terms_in_lineage SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION lines_are_current SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION names_account SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_closed_epochs SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION require_current SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_repeated SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_rejection_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_epochs SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_approval_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_balance_complete SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_opening_complete SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_opening_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_release_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_in_dispute SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_payment_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_dispute_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_settlements SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_answer_allowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_released_from SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION statement_release_shown SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_holding SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_granted SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_whole SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_is_narrowed SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_chains SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_validators SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_partner SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_login_follows SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_group SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION access_groups SET search_path = pg_catalog, public, pg_temp;
