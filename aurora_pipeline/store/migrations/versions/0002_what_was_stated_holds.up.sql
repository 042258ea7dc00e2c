-- What was stated holds: frozen. A change is a new migration.

CREATE TABLE statement_disputed_payments (
    statement_id uuid NOT NULL,
    payment_number bigint NOT NULL CHECK (payment_number >= 1),
    disputed amount NOT NULL CHECK (disputed >= 1),
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    PRIMARY KEY (statement_id, payment_number),
    FOREIGN KEY (statement_id, payment_number) REFERENCES statement_payments (statement_id, payment_number) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE statement_disputed_payments IS 'Payments that include what was in dispute then, because finance said so.';
COMMENT ON COLUMN statement_disputed_payments.statement_id IS 'The statement.';
COMMENT ON COLUMN statement_disputed_payments.payment_number IS 'The number of the payment of this statement.';
COMMENT ON COLUMN statement_disputed_payments.disputed IS 'What was in dispute on the statement at that moment.';
COMMENT ON COLUMN statement_disputed_payments.reason IS 'Why it was decided.';
COMMENT ON COLUMN statement_disputed_payments.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN statement_disputed_payments.recorded_at IS 'When it was recorded, by the ledger''s one clock.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_disputed_payments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON statement_disputed_payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER a_timed BEFORE INSERT ON statement_disputed_payments FOR EACH ROW EXECUTE FUNCTION statement_step_timed();

CREATE TRIGGER acting BEFORE INSERT ON statement_disputed_payments FOR EACH ROW EXECUTE FUNCTION statement_actor_allowed();
CREATE CONSTRAINT TRIGGER signed AFTER INSERT ON statement_disputed_payments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_step_signed();

-- What is in dispute on a statement, as far as it is owed.
CREATE FUNCTION statement_in_dispute(of_statement uuid) RETURNS amount LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(greatest(d.stated, 0)), 0) FROM statement_disputes d
    WHERE d.statement_id = of_statement AND NOT EXISTS (
        SELECT FROM statement_dispute_answers a WHERE (a.statement_id, a.line_id) = (d.statement_id, d.line_id))
$$;

-- The decisions that can settle the dispute of a line: overrides of it or of its rule, and versions of the partner's
-- agreements that correct its time. What settles another line would leave this one as it is.
CREATE FUNCTION statement_settlements(of_statement uuid, of_line uuid) RETURNS TABLE (name text, decided_at timestamptz)
LANGUAGE sql STABLE AS $$
    WITH stated AS (
        SELECT s.* FROM statement_approvals p
        JOIN statement_submissions s ON (s.statement_id, s.attempt) = (p.statement_id, p.attempt)
        WHERE p.statement_id = of_statement),
    disputed AS (
        SELECT s.partner_id, s.chain_id, l.agreement_id, l.rule_key, l.validator_key, l.wallet_address,
               lpad(l.epoch::text, 7, '0') AS source
        FROM stated s JOIN layers.partner_commission_lines l ON l.snapshot_id IN (
            SELECT statement_line_snapshots(s.snapshot_id)) AND l.partner_id = s.partner_id
        WHERE l.line_id = of_line
        UNION ALL
        SELECT s.partner_id, s.chain_id, e.agreement_id, e.rule_key, e.validator_key, e.wallet_address, e.source_period
        FROM stated s JOIN layers.monthly_statement_entries e
            ON (e.snapshot_id, e.statement_id) = (s.entries_snapshot_id, s.statement_id)
        WHERE e.entry_id = of_line
        UNION ALL
        SELECT s.partner_id, s.chain_id, e.agreement_id, e.rule_key, e.validator_key, e.wallet_address, e.source_period
        FROM stated s JOIN layers.epoch_payable_entries e
            ON (e.snapshot_id, e.statement_id) = (s.entries_snapshot_id, s.statement_id)
        WHERE e.entry_id = of_line)
    SELECT 'commission_overrides:' || concat_ws('/', o.agreement_id, o.rule_key, o.chain_id, o.epoch, o.target,
                                                o.validator_key, o.wallet_address, o.revision), o.recorded_at
    FROM disputed d
    JOIN period_months m ON m.chain_id = d.chain_id AND d.source IN (m.month, lpad(m.epoch::text, 7, '0'))
    JOIN commission_overrides o ON (o.agreement_id, o.rule_key, o.chain_id, o.epoch)
                                 = (d.agreement_id, d.rule_key, d.chain_id, m.epoch)
     AND (o.target = 'RULE' OR (o.validator_key, o.wallet_address) = (d.validator_key, d.wallet_address))
    UNION
    SELECT 'agreement_versions:' || v.agreement_id || '/' || v.version, v.recorded_at
    FROM disputed d
    JOIN period_months m ON m.chain_id = d.chain_id AND d.source IN (m.month, lpad(m.epoch::text, 7, '0'))
    JOIN agreements a ON a.partner_id = d.partner_id
    JOIN agreement_versions v ON v.agreement_id = a.agreement_id AND v.corrects IS NOT NULL
     AND v.valid_from < m.period_ended_at AND (v.valid_until IS NULL OR m.period_ended_at <= v.valid_until)
$$;

-- The periods before what was last stated to a partner: what changes of them is adjusted on its next statement.
CREATE FUNCTION statement_closed_epochs(of_partner text, on_chain text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT m.epoch FROM period_months m
    WHERE m.chain_id = on_chain AND m.period_ended_at <= (
        SELECT max(own.period_ended_at) FROM statement_submissions s
        JOIN period_months own ON own.chain_id = s.chain_id
                              AND s.period IN (own.month, lpad(own.epoch::text, 7, '0'))
        WHERE (s.partner_id, s.chain_id) = (of_partner, on_chain) AND NOT EXISTS (
            SELECT FROM statement_rejections r WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt)))
      AND m.month > coalesce((SELECT paid_through FROM statement_openings
                              WHERE (partner_id, chain_id) = (of_partner, on_chain)), '')
$$;

-- What was stated is repeated by whatever comes into force, also where it was computed before somebody submitted.
CREATE FUNCTION statement_repeated() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lost text;
BEGIN
    PERFORM record_instant();  -- who submits at the same moment takes turns
    EXECUTE format(
        'SELECT string_agg(s.partner_id, '', '' ORDER BY s.partner_id) FROM statement_submissions s'
        ' WHERE (s.asset, s.chain_id, s.period) = ($1.asset, $1.chain_id, $1.period)'
        ' AND NOT EXISTS (SELECT FROM statement_rejections r'
        ' WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt))'
        ' AND NOT EXISTS (SELECT FROM layers.%I l WHERE l.snapshot_id = $1.snapshot_id'
        ' AND (l.statement_id, l.statement_digest) = (s.statement_id, s.statement_digest))', NEW.asset)
        INTO lost USING NEW;
    IF lost IS NOT NULL THEN
        RAISE EXCEPTION 'the statements of % do not repeat what was stated to %', NEW.period, lost
            USING HINT = 'somebody submitted while they were computed: compute them again';
    END IF;
    RETURN NEW;
END $$;

-- What a lineage names of how a partner is paid on a chain: what stands by now, or with what was rejected.
CREATE OR REPLACE FUNCTION statement_account(of_partner text, on_chain text, only_standing boolean) RETURNS text[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(name ORDER BY name), '{}') FROM (
        SELECT 'statement_openings:' || partner_id || '/' || chain_id AS name
        FROM statement_openings WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'partner_series:' || partner_id || '/' || chain_id || '/' || change_number
        FROM partner_series WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'partner_minimum_payouts:' || partner_id || '/' || chain_id || '/' || change_number
        FROM partner_minimum_payouts WHERE (partner_id, chain_id) = (of_partner, on_chain)
        UNION ALL
        SELECT 'statement_submissions:' || s.statement_id || '/' || s.attempt
        FROM statement_submissions s WHERE (s.partner_id, s.chain_id) = (of_partner, on_chain)
          AND NOT (only_standing AND EXISTS (
              SELECT FROM statement_rejections r WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt)))
        UNION ALL
        -- From its approval on, what changed of a statement is adjusted on the next one.
        SELECT 'statement_approvals:' || a.statement_id FROM statement_approvals a
        WHERE EXISTS (SELECT FROM statement_submissions s WHERE s.statement_id = a.statement_id
                      AND (s.partner_id, s.chain_id) = (of_partner, on_chain))
    ) named
$$;

CREATE OR REPLACE FUNCTION statement_opening_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_submissions WHERE (partner_id, chain_id) = (NEW.partner_id, NEW.chain_id)) THEN
        RAISE EXCEPTION 'a statement of % on % was submitted already', NEW.partner_id, NEW.chain_id
            USING HINT = 'an opening is imported once, before the first submission';
    END IF;
    -- What is no month at all, a CHECK refuses.
    IF (CASE WHEN NEW.paid_through ~ '^[0-9]{4}-(0[1-9]|1[0-2])$' THEN
            (NEW.paid_through || '-01')::date + interval '1 month' > coalesce(
                (SELECT max(period_ended_at) FROM period_months WHERE chain_id = NEW.chain_id), NEW.recorded_at)
                AT TIME ZONE 'UTC' END) THEN
        RAISE EXCEPTION '% is not over on %, so it was not stated elsewhere', NEW.paid_through, NEW.chain_id
            USING HINT = 'paid_through is a month that is over, or null';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION statement_payment_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid amount;
    due amount;
    held_back amount := statement_in_dispute(NEW.statement_id);
    of_family text := (SELECT c.family FROM statement_submissions s JOIN chains c USING (chain_id)
                       WHERE s.statement_id = NEW.statement_id LIMIT 1);
BEGIN
    IF of_family IS NOT NULL AND NOT coalesce(CASE of_family WHEN 'solana' THEN NEW.payout_address ~ '^[1-9A-HJ-NP-Za-km-z]{32,44}$' WHEN 'ethereum' THEN NEW.payout_address ~ '^0x[0-9a-fA-F]{40}$' END, false) THEN
        RAISE EXCEPTION '"%" is no account of the statement''s chain', NEW.payout_address
            USING HINT = 'give the partner''s account on this chain';
    END IF;
    IF NEW.reference !~ '[^[:space:]]' OR NEW.transaction_id !~ '[^[:space:]]' THEN
        RAISE EXCEPTION 'a payment of statement % lacks its reference or its transaction', NEW.statement_id
            USING HINT = 'by these it is found again in the books and on the chain';
    END IF;
    SELECT coalesce(sum(p.amount), 0) INTO paid FROM statement_payments p WHERE p.statement_id = NEW.statement_id;
    SELECT b.payable INTO due FROM statement_balances b WHERE b.statement_id = NEW.statement_id;
    IF due IS NULL OR paid + NEW.amount > due THEN
        RAISE EXCEPTION 'statement % would be paid % of %', NEW.statement_id, paid + NEW.amount, coalesce(due, 0)
            USING HINT = 'no more is paid than is payable';
    END IF;
    IF NEW.payment_number <> (SELECT count(*) + 1 FROM statement_payments WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'payment % of statement % does not follow the one before', NEW.payment_number, NEW.statement_id;
    END IF;
    IF paid + NEW.amount > greatest(due - held_back, 0) AND NOT EXISTS (
           SELECT FROM statement_disputed_payments p
           WHERE (p.statement_id, p.payment_number, p.disputed, p.recorded_by)
               = (NEW.statement_id, NEW.payment_number, held_back, NEW.recorded_by)) THEN
        RAISE EXCEPTION '% of statement % is disputed, and nobody said that it is paid nevertheless',
                        held_back, NEW.statement_id
            USING HINT = 'leave it out, or write a row of statement_disputed_payments before the payment';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION statement_dispute_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM statement_approvals a
        JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
        WHERE a.statement_id = NEW.statement_id AND (
            EXISTS (SELECT FROM layers.partner_commission_lines l
                    WHERE l.snapshot_id IN (SELECT statement_line_snapshots(s.snapshot_id))
                      AND l.line_id = NEW.line_id AND l.partner_id = s.partner_id
                      AND NEW.stated IS NOT DISTINCT FROM CASE WHEN l.held THEN 0 ELSE l.final END)
            OR EXISTS (SELECT FROM layers.monthly_statement_entries e
                       WHERE (e.snapshot_id, e.statement_id, e.entry_id)
                           = (s.entries_snapshot_id, s.statement_id, NEW.line_id)
                         AND NEW.stated IS NOT DISTINCT FROM e.amount)
            OR EXISTS (SELECT FROM layers.epoch_payable_entries e
                       WHERE (e.snapshot_id, e.statement_id, e.entry_id)
                           = (s.entries_snapshot_id, s.statement_id, NEW.line_id)
                         AND NEW.stated IS NOT DISTINCT FROM e.amount))) THEN
        RAISE EXCEPTION 'line % is not on statement %, or not with the amount %', NEW.line_id, NEW.statement_id,
                        coalesce(NEW.stated::text, 'null')
            USING HINT = 'a dispute is about a line or an entry of the statement itself, as it is stated';
    END IF;
    IF NEW.claimed < 0 OR NEW.claimed IS NOT DISTINCT FROM NEW.stated THEN
        RAISE EXCEPTION '% is nothing that line % can be disputed with', NEW.claimed, NEW.line_id
            USING HINT = 'give what it should say: 0 or more, and not what it says already';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION statement_answer_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_disputes
               WHERE (statement_id, line_id, recorded_by) = (NEW.statement_id, NEW.line_id, NEW.recorded_by)) THEN
        RAISE EXCEPTION '% raised the dispute of line % and does not answer it', NEW.recorded_by, NEW.line_id
            USING HINT = 'somebody else has to';
    END IF;
    IF NEW.settled_by IS NOT NULL AND NEW.settled_by NOT IN (
           SELECT name FROM statement_settlements(NEW.statement_id, NEW.line_id)) THEN
        RAISE EXCEPTION '% is no override of the disputed line and no version that corrects its time', NEW.settled_by
            USING HINT = 'record it first; an accepted dispute names the decision that settles it';
    END IF;
    RETURN NEW;
END $$;

-- Raises unless what a partner's statement is made of, and what it adjusts, is what counts now.
CREATE OR REPLACE FUNCTION require_current(of_snapshot bigint, of_partner text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    of_chain text;
    of_period text;
    outdated text;
BEGIN
    SELECT chain_id, period INTO of_chain, of_period FROM snapshots WHERE snapshot_id = of_snapshot;
    -- Number and opening can be the same by chance; what it adjusts is counted from what stood when it was computed.
    IF NOT EXISTS (SELECT FROM lineages_of(of_snapshot) named WHERE names_account(named, of_partner, of_chain)) THEN
        RAISE EXCEPTION 'the statement of % was computed before something was agreed, opened, submitted,'
                        ' approved or rejected', of_period
            USING HINT = 'compute it again, and look at it as it is then';
    END IF;
    SELECT string_agg(m.epoch::text, ', ' ORDER BY m.epoch) INTO outdated
    FROM period_months m
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_lines', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) lines ON true
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_statements', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) epoch_statements ON true
    WHERE m.chain_id = of_chain
      AND (of_period IN (m.month, lpad(m.epoch::text, 7, '0'))
           OR m.epoch IN (SELECT statement_closed_epochs(of_partner, of_chain)))
      AND NOT (lines_are_current(lines.snapshot_id) AND EXISTS (
              SELECT FROM lineages_of(epoch_statements.snapshot_id) named
              WHERE names_in_force(named)));
    IF outdated IS NOT NULL THEN
        RAISE EXCEPTION 'the lines of epoch % rest on what no longer counts', outdated
            USING HINT = format('run `aurora recompute %s --stale`, then compute the statement again', of_chain);
    END IF;
    -- By one lineage all of it: what was stated is repeated as it was, whatever the others are computed from by then.
    -- Where it opens is told by its number and opening, whatever the draft before is by now.
    IF NOT EXISTS (SELECT FROM lineages_of(of_snapshot) named
                   WHERE names_in_force(named, ARRAY['monthly_statements', 'epoch_payables'])
                     AND names_account(named, of_partner, of_chain)) THEN
        RAISE EXCEPTION 'the statements of % were computed from lines that are not in force any more', of_period
            USING HINT = format('run `aurora %s %s %s`, and look at it as it is then',
                                CASE WHEN of_period LIKE '%-%' THEN 'statements compute' ELSE 'recompute' END,
                                of_chain, ltrim(of_period, '0'));
    END IF;
END $$;

CREATE TRIGGER repeated BEFORE INSERT ON publications FOR EACH ROW
    WHEN (NEW.asset IN ('monthly_statements', 'epoch_payables')) EXECUTE FUNCTION statement_repeated();
