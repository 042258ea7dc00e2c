-- Takes back what the other file made.
DO $$
BEGIN
    IF EXISTS (SELECT FROM snapshots WHERE asset = 'canonical_validator_meta' AND layer_version > 2) THEN
        RAISE EXCEPTION 'there are snapshots of canonical_validator_meta that the older schema cannot hold';
    END IF;
END $$;

DROP VIEW canonical_validator_meta_in_coins;
DROP VIEW canonical_validator_meta_named;
DROP FUNCTION canonical_validator_meta_as_of(timestamptz, text, bigint, bigint);
DROP VIEW canonical_validator_meta;

ALTER TABLE layers.canonical_validator_meta DROP COLUMN exit_epoch;
ALTER TABLE layers.canonical_validator_meta DROP COLUMN activation_epoch;
ALTER TABLE layers.canonical_validator_meta DROP COLUMN fee_recipient;
ALTER TABLE layers.canonical_validator_meta DROP COLUMN withdrawal_credentials;
ALTER TABLE layers.canonical_validator_meta DROP COLUMN status;

CREATE VIEW canonical_validator_meta AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_meta t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_meta';
COMMENT ON VIEW canonical_validator_meta IS 'What a validator was: identity, commission, stake; as observed, or as the chain''s states tell it. What is in force now.';
COMMENT ON COLUMN canonical_validator_meta.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta.identity_key IS 'The key that signs blocks, and pays vote fees where there are any; null: not known.';
COMMENT ON COLUMN canonical_validator_meta.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta.active_stake IS 'Active stake as observed.';
COMMENT ON COLUMN canonical_validator_meta.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_meta.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_meta.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_meta.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_meta_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_meta LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_meta' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_meta t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_meta_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, t.active_stake, t.delinquent, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_meta t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_meta_named IS 'What a validator was: identity, commission, stake; as observed, or as the chain''s states tell it. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_meta_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta_named.identity_key IS 'The key that signs blocks, and pays vote fees where there are any; null: not known.';
COMMENT ON COLUMN canonical_validator_meta_named.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta_named.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta_named.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.active_stake IS 'Active stake as observed.';
COMMENT ON COLUMN canonical_validator_meta_named.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_meta_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_meta_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_meta_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_meta_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_meta_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_meta_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_meta_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.identity_key, t.name, t.commission_bps, t.commission_source, t.mev_commission_bps, (t.active_stake * c.coin) AS active_stake, t.delinquent, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_meta_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_meta_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.identity_key IS 'The key that signs blocks, and pays vote fees where there are any; null: not known.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.name IS 'The validator''s name as published.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.commission_bps IS 'Inflation commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.commission_source IS 'How it was told: in basis points or in whole percents (which hide up to 99 bps).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.mev_commission_bps IS 'MEV commission as observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.active_stake IS 'Active stake as observed. In whole coins.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.delinquent IS 'Whether it was delinquent when observed.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_meta_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_meta_in_coins.published_at IS 'When the snapshot came into force.';

ALTER VIEW canonical_validator_meta SET (security_invoker = true);
ALTER VIEW canonical_validator_meta_named SET (security_invoker = true);
ALTER VIEW canonical_validator_meta_in_coins SET (security_invoker = true);
ALTER FUNCTION canonical_validator_meta_as_of SET search_path = pg_catalog, public, pg_temp;
