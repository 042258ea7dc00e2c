"""When a draft is current, in SQL: a statement is submitted only while it rests on what counts now.

Its lineage has to name the EPOCH statements in force, theirs the lines in force, and theirs the snapshots in force and
the terms, overrides and wallets of now. What a lineage names is compared, and not when it was written: what was changed
and put right again before anything was computed has changed nothing.
"""

from __future__ import annotations

from typing import Final

from aurora_pipeline.agreements.methods import measure_of
from aurora_pipeline.agreements.tables import Method
from aurora_pipeline.pnl.tables import Component

_OF_THE_WHOLE: Final = ", ".join(
    f"'{method}'"
    for method in Method
    if not any(measure_of(method, component).is_of_wallets for component in Component)
)
CURRENT: Final = """
-- What each recorded lineage of a snapshot names.
CREATE FUNCTION lineages_of(of_snapshot bigint) RETURNS SETOF jsonb LANGUAGE sql STABLE AS $$
    SELECT inputs FROM snapshots WHERE snapshot_id = of_snapshot
    UNION ALL SELECT inputs FROM attestations WHERE snapshot_id = of_snapshot
$$;

-- Whether the snapshots that a lineage names are in force, but for those of some layers.
CREATE FUNCTION names_in_force(named jsonb, but_for text[] DEFAULT '{}') RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM jsonb_array_elements(named) read
        WHERE read ->> 0 = 'snapshot' AND split_part(read ->> 1, '@', 1) <> ALL (but_for)
          AND NOT EXISTS (
            SELECT FROM snapshots s
            WHERE s.lineage_digest = read ->> 2 AND s.asset || '@' || s.chain_id || ':' || s.period = read ->> 1
              AND s.snapshot_id = (SELECT p.snapshot_id FROM publications p
                                   WHERE (p.asset, p.chain_id, p.period) = (s.asset, s.chain_id, s.period)
                                   ORDER BY p.sequence DESC LIMIT 1)))
$$;

-- The decisions by which an epoch's lines are computed now, as lineages name them.
CREATE FUNCTION terms_named(of_chain text, of_epoch bigint) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    WITH period AS (
        SELECT period_ended_at - interval '1 microsecond' AS instant FROM period_months
        WHERE (chain_id, epoch) = (of_chain, of_epoch)),
    event AS (
        SELECT DISTINCT ON (e.agreement_id) e.* FROM agreement_events e, period
        WHERE e.effective_from <= period.instant ORDER BY e.agreement_id, e.effective_from DESC, e.event_number DESC),
    version AS (
        SELECT DISTINCT ON (v.agreement_id) v.agreement_id, v.version FROM agreement_versions v, period
        WHERE v.valid_from <= period.instant AND (v.valid_until IS NULL OR period.instant < v.valid_until)
        ORDER BY v.agreement_id, v.version DESC),
    concerned AS (
        SELECT v.agreement_id, v.version, a.partner_id, bool_or(
                   r.attribution_method NOT IN (methods_of_the_whole)
                   OR r.tier_metric = 'INTRODUCED_STAKE') AS looks_at_wallets
        FROM version v JOIN event e USING (agreement_id) JOIN agreements a USING (agreement_id)
        JOIN agreement_rules r ON (r.agreement_id, r.version) = (v.agreement_id, v.version)
         AND (r.chain_id IS NULL OR r.chain_id = of_chain)
        WHERE e.status = 'ACTIVE' GROUP BY 1, 2, 3)
    SELECT 'agreement_versions:' || agreement_id || '/' || version FROM concerned
    UNION ALL
    SELECT 'agreement_events:' || e.agreement_id || '/' || e.event_number FROM event e
    WHERE EXISTS (SELECT FROM concerned c WHERE c.agreement_id = e.agreement_id)
       OR (e.status IN ('SUSPENDED', 'TERMINATED') AND EXISTS (
              SELECT FROM agreement_rules r
              WHERE r.agreement_id = e.agreement_id AND (r.chain_id IS NULL OR r.chain_id = of_chain)))
    UNION ALL
    SELECT 'partner_wallets:' || w.chain_id || '/' || w.wallet_address || '/' || w.revision
    FROM (SELECT *, max(revision) OVER (PARTITION BY wallet_address) AS newest
          FROM partner_wallets WHERE chain_id = of_chain) w, period
    WHERE w.revision = w.newest AND w.introduced_at <= period.instant
      AND (w.ended_at IS NULL OR w.ended_at > period.instant)
      AND w.partner_id IN (SELECT c.partner_id FROM concerned c WHERE c.looks_at_wallets)
    UNION ALL
    SELECT 'commission_overrides:' || concat_ws('/', agreement_id, rule_key, chain_id, epoch, target, validator_key,
                                                wallet_address, revision)
    FROM (SELECT DISTINCT ON (agreement_id, rule_key, target, validator_key, wallet_address) *
          FROM commission_overrides WHERE (chain_id, epoch) = (of_chain, of_epoch)
          ORDER BY agreement_id, rule_key, target, validator_key, wallet_address, revision DESC) newest
    WHERE amount IS NOT NULL
$$;

-- The same kinds of decisions, as a lineage names them.
CREATE FUNCTION terms_in_lineage(named jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE AS $$
    -- A wallet is told by its revision, without the instant that follows it.
    SELECT CASE WHEN starts_with(read ->> 1, 'partner_wallets:') THEN substring(read ->> 1 FROM '^([^/]*/[^/]*/[^/]*)/')
                ELSE read ->> 1 END
    FROM jsonb_array_elements(named) read
    WHERE read ->> 0 = 'decision'
      AND split_part(read ->> 1, ':', 1) IN ('agreement_versions', 'agreement_events', 'partner_wallets',
                                             'commission_overrides')
$$;

-- Whether an epoch's lines are those in force, and rest on what is in force.
CREATE FUNCTION lines_are_current(of_snapshot bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM snapshots l CROSS JOIN lineages_of(of_snapshot) named
        WHERE l.snapshot_id = of_snapshot AND names_in_force(named)
          AND NOT EXISTS (SELECT terms_named(l.chain_id, l.epoch) EXCEPT SELECT terms_in_lineage(named))
          AND NOT EXISTS (SELECT terms_in_lineage(named) EXCEPT SELECT terms_named(l.chain_id, l.epoch)))
$$;

-- Whether a lineage names just what stands by now of how a partner is paid on a chain.
CREATE FUNCTION names_account(named jsonb, of_partner text, on_chain text) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT statement_account(of_partner, on_chain, true) = (
        SELECT coalesce(array_agg(read ->> 1 ORDER BY read ->> 1), '{}') FROM jsonb_array_elements(named) read
        WHERE read ->> 0 = 'decision' AND read ->> 1 = ANY (statement_account(of_partner, on_chain, false)))
$$;

-- The periods before what was last stated to a partner: what changes of them is adjusted on its next statement.
CREATE FUNCTION statement_closed_epochs(of_partner text, on_chain text) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    SELECT m.epoch FROM period_months m
    WHERE m.chain_id = on_chain AND m.period_ended_at <= (
        SELECT max(own.period_ended_at) FROM statement_submissions s
        JOIN period_months own ON own.chain_id = s.chain_id
                              AND s.period IN (own.month, period_of(own.epoch))
        WHERE (s.partner_id, s.chain_id) = (of_partner, on_chain) AND NOT EXISTS (
            SELECT FROM statement_rejections r WHERE (r.statement_id, r.attempt) = (s.statement_id, s.attempt)))
      AND m.month > coalesce((SELECT paid_through FROM statement_openings
                              WHERE (partner_id, chain_id) = (of_partner, on_chain)), '')
$$;

-- Raises unless what a partner's statement is made of, and what it adjusts, is what counts now.
CREATE FUNCTION require_current(of_snapshot bigint, of_partner text) RETURNS void LANGUAGE plpgsql AS $$
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
      AND (of_period IN (m.month, period_of(m.epoch))
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
""".replace("methods_of_the_whole", _OF_THE_WHOLE)
