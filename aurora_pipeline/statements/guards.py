"""What no client may do with a statement, in SQL: the database refuses it by itself, whoever asks.

Constraints say what a row needs; these triggers what no constraint can: order, sums over rows, and who did what before.
They run when a row is written, in the order of the ledger's clock, which `recorded_at` takes: two people who act at
once on one statement take turns.
"""

from __future__ import annotations

from typing import Final

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
    ) named
$$;

-- The snapshots of the lines that a statement holds: those its own snapshot was computed from.
CREATE FUNCTION statement_line_snapshots(of_snapshot bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT l.snapshot_id
    FROM snapshots s
    JOIN period_months m ON m.chain_id = s.chain_id AND s.period IN (m.month, lpad(m.epoch::text, 7, '0'))
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
        AND s.period IN (m.month, lpad(m.epoch::text, 7, '0'))
        WHERE (s.statement_id, s.attempt) = (of_statement, of_attempt)
    UNION
    SELECT m.epoch FROM statement_submissions s
        JOIN (SELECT snapshot_id, statement_id, source_period FROM layers.monthly_statement_entries
              UNION ALL SELECT snapshot_id, statement_id, source_period FROM layers.epoch_payable_entries) e
          ON (e.snapshot_id, e.statement_id) = (s.entries_snapshot_id, s.statement_id)
        JOIN period_months m ON m.chain_id = s.chain_id
         AND e.source_period IN (m.month, lpad(m.epoch::text, 7, '0'))
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

PAID: Final = """
CREATE FUNCTION statement_payment_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid amount;
    due amount;
BEGIN
    SELECT coalesce(sum(p.amount), 0) INTO paid FROM statement_payments p WHERE p.statement_id = NEW.statement_id;
    SELECT b.payable INTO due FROM statement_balances b WHERE b.statement_id = NEW.statement_id;
    IF due IS NULL OR paid + NEW.amount > due THEN
        RAISE EXCEPTION 'statement % would be paid % of %', NEW.statement_id, paid + NEW.amount, coalesce(due, 0)
            USING HINT = 'no more is paid than is payable';
    END IF;
    IF NEW.payment_number <> (SELECT count(*) + 1 FROM statement_payments WHERE statement_id = NEW.statement_id) THEN
        RAISE EXCEPTION 'payment % of statement % does not follow the one before', NEW.payment_number, NEW.statement_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_payments
    FOR EACH ROW EXECUTE FUNCTION statement_payment_allowed();
"""

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
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_disputes
    FOR EACH ROW EXECUTE FUNCTION statement_dispute_allowed();

CREATE FUNCTION statement_answer_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_disputes
               WHERE (statement_id, line_id, recorded_by) = (NEW.statement_id, NEW.line_id, NEW.recorded_by)) THEN
        RAISE EXCEPTION '% raised the dispute of line % and does not answer it', NEW.recorded_by, NEW.line_id
            USING HINT = 'somebody else has to';
    END IF;
    IF NEW.settled_by IS NOT NULL AND NOT EXISTS (
        SELECT FROM statement_submissions s JOIN agreements a USING (partner_id)
        WHERE s.statement_id = NEW.statement_id AND (
            EXISTS (SELECT FROM agreement_versions v
                    WHERE v.agreement_id = a.agreement_id AND v.corrects IS NOT NULL
                      AND NEW.settled_by = format('agreement_versions:%s/%s', v.agreement_id, v.version))
            OR EXISTS (SELECT FROM commission_overrides o
                       WHERE o.agreement_id = a.agreement_id AND o.chain_id = s.chain_id
                         AND NEW.settled_by = format('commission_overrides:%s/%s/%s/%s/%s/%s/%s/%s', o.agreement_id,
                             o.rule_key, o.chain_id, o.epoch, o.target, o.validator_key, o.wallet_address,
                             o.revision)))) THEN
        RAISE EXCEPTION '% is no override and no correcting version of the partner''s agreements', NEW.settled_by
            USING HINT = 'record it first; an accepted dispute names the decision that settles it';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allowed BEFORE INSERT ON statement_dispute_answers
    FOR EACH ROW EXECUTE FUNCTION statement_answer_allowed();
"""
