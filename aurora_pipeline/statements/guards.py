"""What no client may do with a statement, in SQL: the database refuses it by itself, whoever asks.

Constraints say what a row needs; these triggers what no constraint can: order, sums over rows, and who did what before.
They run when a row is written, in the order of the ledger's clock, which `recorded_at` takes: two people who act at
once on one statement take turns.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.config.families import Family

SUBMITTED: Final = """
-- What a lineage names of how a partner is paid on a chain: what stands by now, or with what was rejected.
CREATE FUNCTION statement_account(of_partner text, on_chain text, only_standing boolean) RETURNS text[]
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

-- The snapshots of the lines that a statement holds: those its own snapshot was computed from.
CREATE FUNCTION statement_line_snapshots(of_snapshot bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT l.snapshot_id
    FROM snapshots s
    JOIN period_months m ON m.chain_id = s.chain_id AND s.period IN (m.month, period_of(m.epoch))
    CROSS JOIN jsonb_array_elements(s.inputs) read
    JOIN snapshots e ON e.lineage_digest = read ->> 2 AND (e.asset, e.chain_id, e.epoch)
                                                       = ('partner_commission_statements', m.chain_id, m.epoch)
    CROSS JOIN jsonb_array_elements(e.inputs) from_lines
    JOIN snapshots l ON l.lineage_digest = from_lines ->> 2 AND (l.asset, l.chain_id, l.epoch)
                                                             = ('partner_commission_lines', m.chain_id, m.epoch)
    WHERE s.snapshot_id = of_snapshot AND read ->> 0 = 'snapshot' AND from_lines ->> 0 = 'snapshot'
$$;

CREATE FUNCTION statement_submission_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
    seen integer;
BEGIN
    IF EXISTS (SELECT FROM statement_approvals WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'statement % is approved already', NEW.statement_id USING HINT = 'it never changes again';
    END IF;
    IF NEW.attempt <> (SELECT count(*) + 1 FROM statement_submissions WHERE statement_id = NEW.statement_id)
       OR EXISTS (SELECT FROM statement_submissions s WHERE s.partner_id = NEW.partner_id AND s.chain_id = NEW.chain_id
                  AND NOT EXISTS (SELECT FROM statement_rejections r
                                  WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt))
                  AND NOT EXISTS (SELECT FROM statement_approvals a WHERE a.statement_id = s.statement_id)) THEN
        RAISE EXCEPTION 'another submission of % on % is pending', NEW.partner_id, NEW.chain_id
            USING HINT = 'approve or reject that one first';
    END IF;
    SELECT number, closing INTO last FROM statement_balances
        WHERE partner_id = NEW.partner_id AND chain_id = NEW.chain_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR NEW.opening <> coalesce(last.closing, 0) THEN
        RAISE EXCEPTION 'number % with the opening % does not follow number % with the closing %',
                        NEW.number, NEW.opening, coalesce(last.number, 0), coalesce(last.closing, 0)
            USING HINT = 'statements are submitted one after the other';
    END IF;
    IF NEW.asset NOT IN ('monthly_statements', 'epoch_payables') THEN
        RAISE EXCEPTION '% holds no statements that are paid', NEW.asset;
    END IF;
    EXECUTE format(
        'SELECT count(*) FROM layers.%I WHERE snapshot_id = $1.snapshot_id AND statement_id = $1.statement_id'
        ' AND partner_id = $1.partner_id AND chain_id = $1.chain_id AND statement_digest = $1.statement_digest'
        ' AND number = $1.number AND opening = $1.opening AND lines = $1.lines AND top_ups = $1.top_ups'
        ' AND adjustments = $1.adjustments AND known_total = $1.total AND payable = $1.payable'
        ' AND closing = $1.closing AND blocked_count = 0'
        ' AND unsettled_count = jsonb_array_length($1.accepted::jsonb)', NEW.asset) INTO seen USING NEW;
    IF seen <> 1 THEN
        RAISE EXCEPTION 'no statement of snapshot % says what is submitted', NEW.snapshot_id
            USING HINT = 'a statement is submitted as it stands, with every missing and held figure accepted by name';
    END IF;
    SELECT count(DISTINCT one) INTO seen FROM jsonb_array_elements_text(NEW.accepted::jsonb) one
        WHERE EXISTS (SELECT FROM layers.partner_commission_lines l
                      WHERE l.snapshot_id IN (SELECT statement_line_snapshots(NEW.snapshot_id))
                        AND l.line_id = one::uuid AND l.partner_id = NEW.partner_id
                        AND (l.final IS NULL OR l.held OR l.state <> 'final'))
           OR EXISTS (SELECT FROM layers.monthly_statement_entries e
                      WHERE e.snapshot_id = NEW.entries_snapshot_id AND e.statement_id = NEW.statement_id
                        AND e.entry_id = one::uuid AND e.amount IS NULL);
    IF seen <> jsonb_array_length(NEW.accepted::jsonb) THEN
        RAISE EXCEPTION 'what is accepted is not what is missing or held on statement %', NEW.statement_id;
    END IF;
    IF NOT EXISTS (SELECT FROM in_force f WHERE f.snapshot_id = NEW.snapshot_id AND f.asset = NEW.asset
                   AND f.chain_id = NEW.chain_id AND f.period = NEW.period
                   AND f.content_digest = NEW.content_digest AND f.lineage_digest = NEW.lineage_digest)
       OR NOT EXISTS (SELECT FROM in_force f WHERE f.snapshot_id = NEW.entries_snapshot_id
                      AND f.chain_id = NEW.chain_id AND f.period = NEW.period
                      AND f.asset = CASE NEW.asset WHEN 'epoch_payables' THEN 'epoch_payable_entries'
                                                   ELSE 'monthly_statement_entries' END) THEN
        RAISE EXCEPTION 'snapshot % is not in force any more', NEW.snapshot_id USING HINT = 'look at what changed';
    END IF;
    PERFORM require_current(NEW.snapshot_id, NEW.partner_id);
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_submissions
    FOR EACH ROW EXECUTE FUNCTION statement_submission_allowed();
"""

REJECTED: Final = """
CREATE FUNCTION statement_rejection_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_approvals WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'statement % is approved already', NEW.statement_id USING HINT = 'it never changes again';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_rejections
    FOR EACH ROW EXECUTE FUNCTION statement_rejection_allowed();
"""

APPROVED: Final = """
-- The periods that a statement is about: its own, and those of what it adjusts.
CREATE FUNCTION statement_epochs(of_statement uuid, of_attempt bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT m.epoch FROM statement_submissions s JOIN period_months m ON m.chain_id = s.chain_id
        AND s.period IN (m.month, period_of(m.epoch))
        WHERE (s.statement_id, s.attempt) = (of_statement, of_attempt)
    UNION
    SELECT m.epoch FROM statement_submissions s
        JOIN (SELECT snapshot_id, statement_id, source_period FROM layers.monthly_statement_entries
              UNION ALL SELECT snapshot_id, statement_id, source_period FROM layers.epoch_payable_entries) e
          ON (e.snapshot_id, e.statement_id) = (s.entries_snapshot_id, s.statement_id)
        JOIN period_months m ON m.chain_id = s.chain_id
         AND e.source_period IN (m.month, period_of(m.epoch))
        WHERE (s.statement_id, s.attempt) = (of_statement, of_attempt)
$$;

CREATE FUNCTION statement_approval_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    submitted statement_submissions;
BEGIN
    SELECT * INTO submitted FROM statement_submissions
        WHERE (statement_id, attempt) = (NEW.statement_id, NEW.attempt);
    IF EXISTS (SELECT FROM statement_rejections
               WHERE (statement_id, attempt) = (NEW.statement_id, NEW.attempt)) THEN
        RAISE EXCEPTION 'that submission of statement % was rejected', NEW.statement_id
            USING HINT = 'it has to be submitted again';
    END IF;
    IF EXISTS (SELECT FROM commission_overrides o JOIN agreements a USING (agreement_id)
               WHERE a.partner_id = submitted.partner_id AND o.chain_id = submitted.chain_id
                 AND o.recorded_by = NEW.recorded_by
                 AND o.epoch IN (SELECT statement_epochs(NEW.statement_id, NEW.attempt))) THEN
        RAISE EXCEPTION '% overrode a figure of statement % and does not approve it', NEW.recorded_by, NEW.statement_id
            USING HINT = 'somebody else has to';
    END IF;
    -- What a correction takes away leaves no line that names it: what counts is the time that it covers.
    IF EXISTS (SELECT FROM agreement_versions v JOIN agreements a USING (agreement_id)
               JOIN period_months m ON m.chain_id = submitted.chain_id AND v.valid_from < m.period_ended_at
                AND (v.valid_until IS NULL OR m.period_ended_at <= v.valid_until)
               WHERE a.partner_id = submitted.partner_id AND v.corrects IS NOT NULL
                 AND v.recorded_by = NEW.recorded_by
                 AND m.epoch IN (SELECT statement_epochs(NEW.statement_id, NEW.attempt))
                 AND EXISTS (SELECT FROM agreement_rules r
                             WHERE r.agreement_id = v.agreement_id AND r.version <= v.version
                               AND (r.chain_id IS NULL OR r.chain_id = submitted.chain_id))) THEN
        RAISE EXCEPTION '% corrected terms that statement % rests on and does not approve it',
                        NEW.recorded_by, NEW.statement_id USING HINT = 'somebody else has to';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_approvals
    FOR EACH ROW EXECUTE FUNCTION statement_approval_allowed();
"""

BALANCED: Final = """
-- An approval and its place in the chain of balances are written together, and say the same.
CREATE FUNCTION statement_balance_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM statement_approvals a
        JOIN statement_submissions s ON (s.statement_id, s.attempt) = (a.statement_id, a.attempt)
        JOIN statement_balances b ON b.statement_id = a.statement_id
         AND (b.partner_id, b.chain_id, b.number, b.opening, b.total, b.payable, b.closing)
           = (s.partner_id, s.chain_id, s.number, s.opening, s.total, s.payable, s.closing)
        WHERE a.statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'the approval of statement % and its balance do not belong together', NEW.statement_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_approvals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_balance_complete();
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_balances DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.statement_id IS NOT NULL) EXECUTE FUNCTION statement_balance_complete();

CREATE FUNCTION statement_opening_complete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM statement_openings o JOIN statement_balances b USING (partner_id, chain_id)
                   WHERE (o.partner_id, o.chain_id) = (NEW.partner_id, NEW.chain_id)
                     AND b.number = 0 AND b.closing = o.opening) THEN
        RAISE EXCEPTION 'the opening of % on % and its balance do not belong together', NEW.partner_id, NEW.chain_id;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER balanced AFTER INSERT ON statement_openings DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION statement_opening_complete();
CREATE CONSTRAINT TRIGGER opened AFTER INSERT ON statement_balances DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.number = 0) EXECUTE FUNCTION statement_opening_complete();

CREATE FUNCTION statement_opening_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER allowed BEFORE INSERT ON statement_openings
    FOR EACH ROW EXECUTE FUNCTION statement_opening_allowed();
"""

RELEASED: Final = """
CREATE FUNCTION statement_release_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recorded_by = NEW.approver AND coalesce((
        SELECT c.dual_approval FROM statement_submissions s JOIN chains c USING (chain_id)
        WHERE s.statement_id = NEW.statement_id LIMIT 1), true) THEN
        RAISE EXCEPTION '% approved statement % and does not release it', NEW.recorded_by, NEW.statement_id
            USING HINT = 'somebody else has to; dual_approval in chains.yaml asks for it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_releases
    FOR EACH ROW EXECUTE FUNCTION statement_release_allowed();
"""

_ACCOUNTS: Final = " ".join(
    f"WHEN '{family}' THEN NEW.payout_address ~ '{family.traits.address_pattern}'" for family in Family
)
PAID: Final = """
-- What is in dispute on a statement, as far as it is owed.
CREATE FUNCTION statement_in_dispute(of_statement uuid) RETURNS amount LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(greatest(d.stated, 0)), 0) FROM statement_disputes d
    WHERE d.statement_id = of_statement AND NOT EXISTS (
        SELECT FROM statement_dispute_answers a WHERE (a.statement_id, a.line_id) = (d.statement_id, d.line_id))
$$;

CREATE FUNCTION statement_payment_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid amount;
    due amount;
    held_back amount := statement_in_dispute(NEW.statement_id);
    of_family text := (SELECT c.family FROM statement_submissions s JOIN chains c USING (chain_id)
                       WHERE s.statement_id = NEW.statement_id LIMIT 1);
BEGIN
    IF of_family IS NOT NULL AND NOT coalesce(CASE of_family accounts_of_families END, false) THEN
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
CREATE TRIGGER allowed BEFORE INSERT ON statement_payments
    FOR EACH ROW EXECUTE FUNCTION statement_payment_allowed();
""".replace("accounts_of_families", _ACCOUNTS)

DISPUTED: Final = """
CREATE FUNCTION statement_dispute_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER allowed BEFORE INSERT ON statement_disputes
    FOR EACH ROW EXECUTE FUNCTION statement_dispute_allowed();

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
               period_of(l.epoch) AS source
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
    JOIN period_months m ON m.chain_id = d.chain_id AND d.source IN (m.month, period_of(m.epoch))
    JOIN commission_overrides o ON (o.agreement_id, o.rule_key, o.chain_id, o.epoch)
                                 = (d.agreement_id, d.rule_key, d.chain_id, m.epoch)
     AND (o.target = 'RULE' OR (o.validator_key, o.wallet_address) = (d.validator_key, d.wallet_address))
    UNION
    SELECT 'agreement_versions:' || v.agreement_id || '/' || v.version, v.recorded_at
    FROM disputed d
    JOIN period_months m ON m.chain_id = d.chain_id AND d.source IN (m.month, period_of(m.epoch))
    JOIN agreements a ON a.partner_id = d.partner_id
    JOIN agreement_versions v ON v.agreement_id = a.agreement_id AND v.corrects IS NOT NULL
     AND v.valid_from < m.period_ended_at AND (v.valid_until IS NULL OR m.period_ended_at <= v.valid_until)
$$;

CREATE FUNCTION statement_answer_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER allowed BEFORE INSERT ON statement_dispute_answers
    FOR EACH ROW EXECUTE FUNCTION statement_answer_allowed();
"""

REPEATED: Final = """
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
CREATE TRIGGER repeated BEFORE INSERT ON publications FOR EACH ROW
    WHEN (NEW.asset IN ('monthly_statements', 'epoch_payables')) EXECUTE FUNCTION statement_repeated();
"""
