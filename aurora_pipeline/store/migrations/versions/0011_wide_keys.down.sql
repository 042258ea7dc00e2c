-- Takes back what the other file made; keys that are wider have no place in the older schema.
DO $$
BEGIN
    IF EXISTS (SELECT FROM canonical_periods WHERE epoch > 9999999) THEN
        RAISE EXCEPTION 'there are periods whose keys have more than seven digits, which the older schema cannot hold';
    END IF;
END $$;

ALTER TABLE snapshots ALTER COLUMN epoch
    SET EXPRESSION AS (CASE WHEN period ~ '^[0-9]{7}$' THEN period::bigint END);
ALTER TABLE publications ALTER COLUMN epoch
    SET EXPRESSION AS (CASE WHEN period ~ '^[0-9]{7}$' THEN period::bigint END);

DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT pg_get_functiondef(p.oid) AS made FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prokind = 'f' AND p.prosrc ~ $re$period_of\(([a-z0-9_.]+)\)$re$
    LOOP
        EXECUTE regexp_replace(one.made, $re$period_of\(([a-z0-9_.]+)\)$re$, $to$lpad(\1::text, 7, '0')$to$, 'g');
    END LOOP;
END $$;

CREATE OR REPLACE VIEW released_statements WITH (security_invoker = true) AS
    SELECT t.month AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.monthly_statements t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT'
    UNION ALL SELECT lpad(t.epoch::text, 7, '0') AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.epoch_payables t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT';

DROP FUNCTION period_of;
