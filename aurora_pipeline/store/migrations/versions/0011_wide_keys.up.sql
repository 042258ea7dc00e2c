-- Keys of periods may have more than seven digits: frozen. lpad cuts off what is longer, so it is told the length.
DO $$
BEGIN
    IF current_setting('server_version_num')::integer < 170000 THEN
        RAISE EXCEPTION 'PostgreSQL 17 or newer is needed, this is %: upgrade the server, then repeat',
            current_setting('server_version');
    END IF;
END $$;

ALTER TABLE snapshots ALTER COLUMN epoch
    SET EXPRESSION AS (CASE WHEN period ~ '^[0-9]{7,}$' THEN period::bigint END);
ALTER TABLE publications ALTER COLUMN epoch
    SET EXPRESSION AS (CASE WHEN period ~ '^[0-9]{7,}$' THEN period::bigint END);

CREATE FUNCTION period_of(epoch bigint) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT lpad(epoch::text, greatest(7, length(epoch::text)), '0')
$$;

-- Functions that write a number as a key does; what else they are stays. Then the one view that does.
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT pg_get_functiondef(p.oid) AS made FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND p.prokind = 'f' AND p.prosrc ~ $re$lpad\(([a-z0-9_.]+)::text, 7, '0'\)$re$
    LOOP
        EXECUTE regexp_replace(one.made, $re$lpad\(([a-z0-9_.]+)::text, 7, '0'\)$re$, $to$period_of(\1)$to$, 'g');
    END LOOP;
END $$;

CREATE OR REPLACE VIEW released_statements WITH (security_invoker = true) AS
    SELECT t.month AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.monthly_statements t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT'
    UNION ALL SELECT period_of(t.epoch) AS period, t.chain_id, t.statement_id, t.partner_id, t.partner_name, t.payable_series, t.number, t.started_at, t.ended_at, t.line_count, t.held_count, t.missing_count, t.unsettled_count, t.blocked_count, t.opening, t.lines, t.top_ups, t.adjustments, t.total, t.known_total, t.held_total, t.minimum_payout, t.payable, t.closing, t.lines_digest, t.entries_digest, t.state, t.statement_digest, r.recorded_at AS released_at
    FROM layers.epoch_payables t JOIN released_snapshots r ON (r.snapshot_id, r.statement_id) = (t.snapshot_id, t.statement_id) AND r.part = 'STATEMENT';
