-- Takes back what the way up made.

DROP TRIGGER repeated ON publications;

DROP FUNCTION statement_repeated();

-- Raises unless what a partner's statement is made of is what counts now.
CREATE OR REPLACE FUNCTION require_current(of_snapshot bigint, of_partner text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    of_chain text;
    of_period text;
    outdated text;
BEGIN
    SELECT chain_id, period INTO of_chain, of_period FROM snapshots WHERE snapshot_id = of_snapshot;
    -- Number and opening can be the same by chance; what it adjusts is counted from what stood when it was computed.
    IF NOT EXISTS (SELECT FROM lineages_of(of_snapshot) named WHERE names_account(named, of_partner, of_chain)) THEN
        RAISE EXCEPTION 'the statement of % was computed before something was agreed, opened, submitted or rejected',
                        of_period USING HINT = 'compute it again, and look at it as it is then';
    END IF;
    SELECT string_agg(m.epoch::text, ', ' ORDER BY m.epoch) INTO outdated
    FROM period_months m
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_lines', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) lines ON true
    JOIN LATERAL (SELECT p.snapshot_id FROM publications p
                  WHERE (p.asset, p.chain_id, p.epoch) = ('partner_commission_statements', m.chain_id, m.epoch)
                  ORDER BY p.sequence DESC LIMIT 1) epoch_statements ON true
    WHERE m.chain_id = of_chain AND of_period IN (m.month, lpad(m.epoch::text, 7, '0'))
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

CREATE OR REPLACE FUNCTION statement_answer_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
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
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION statement_payment_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE OR REPLACE FUNCTION statement_opening_allowed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM statement_submissions WHERE (partner_id, chain_id) = (NEW.partner_id, NEW.chain_id)) THEN
        RAISE EXCEPTION 'a statement of % on % was submitted already', NEW.partner_id, NEW.chain_id
            USING HINT = 'an opening is imported once, before the first submission';
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
    ) named
$$;

DROP FUNCTION statement_closed_epochs(text, text);

DROP FUNCTION statement_settlements(uuid, uuid);

DROP FUNCTION statement_in_dispute(uuid);

DROP TABLE statement_disputed_payments;
