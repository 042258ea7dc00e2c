-- What validators' accounts held and what moved it: frozen. A change is a new migration.

CREATE TABLE layers.canonical_account_balances (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    account_kind text NOT NULL CHECK (account_kind IN ('VOTE', 'COLLECTOR', 'IDENTITY')),
    account_key text NOT NULL,
    method text CHECK (method IN ('TRANSACTIONS', 'REWARD_ROWS')),
    start_slot bigint CHECK (start_slot >= 0),
    balance_start amount CHECK (balance_start >= 0),
    end_slot bigint CHECK (end_slot >= 0),
    balance_end amount CHECK (balance_end >= 0),
    rewards amount CHECK (rewards >= 0),
    charges amount CHECK (charges >= 0),
    fees_paid amount CHECK (fees_paid >= 0),
    received amount CHECK (received >= 0),
    sent amount CHECK (sent >= 0),
    moves bigint CHECK (moves >= 0),
    residual amount,
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, account_kind, account_key)
);
COMMENT ON TABLE layers.canonical_account_balances IS 'What the accounts of each validator held at both edges of a period and what moved between, by the balances the chain itself tells, where accounts earn and not validators. balance_end = balance_start + rewards - charges - fees_paid + received - sent + residual.';
COMMENT ON COLUMN layers.canonical_account_balances.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_account_balances.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_account_balances.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_account_balances.account_kind IS 'VOTE: the account that its key names; COLLECTOR: the account that received its commission, where that is another one, maybe shared with other validators; IDENTITY: the key that signs its blocks and pays for its votes.';
COMMENT ON COLUMN layers.canonical_account_balances.account_key IS 'The account; `unknown` where the identity is not known.';
COMMENT ON COLUMN layers.canonical_account_balances.method IS 'TRANSACTIONS: every block of the period was read with its transactions, the edges are before the first and after the last one that names the account; REWARD_ROWS: reward rows alone, the edges are after the last one of the period before and of this one. Null: neither.';
COMMENT ON COLUMN layers.canonical_account_balances.start_slot IS 'The slot of the first edge; null where it is not known.';
COMMENT ON COLUMN layers.canonical_account_balances.balance_start IS 'What it held there.';
COMMENT ON COLUMN layers.canonical_account_balances.end_slot IS 'The slot of the last edge; null where it is not known.';
COMMENT ON COLUMN layers.canonical_account_balances.balance_end IS 'What it held there.';
COMMENT ON COLUMN layers.canonical_account_balances.rewards IS 'Reward rows between the edges.';
COMMENT ON COLUMN layers.canonical_account_balances.charges IS 'What the chain itself took between them.';
COMMENT ON COLUMN layers.canonical_account_balances.fees_paid IS 'Fees of transactions it paid; null where these were not read.';
COMMENT ON COLUMN layers.canonical_account_balances.received IS 'What came in by transactions; null where these were not read.';
COMMENT ON COLUMN layers.canonical_account_balances.sent IS 'What went out by transactions, without fees; null the same.';
COMMENT ON COLUMN layers.canonical_account_balances.moves IS 'How many rows and transactions that is.';
COMMENT ON COLUMN layers.canonical_account_balances.residual IS 'What of the balance''s change is none of these. With TRANSACTIONS every unit is explained where it is 0; with REWARD_ROWS it is what transactions moved. Null where an edge is not known: that is not 0.';
COMMENT ON COLUMN layers.canonical_account_balances.state IS 'How much is known of the residual.';
COMMENT ON COLUMN layers.canonical_account_balances.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_account_balances.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_account_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW canonical_account_balances AS SELECT t.chain_id, t.epoch, t.validator_key, t.account_kind, t.account_key, t.method, t.start_slot, t.balance_start, t.end_slot, t.balance_end, t.rewards, t.charges, t.fees_paid, t.received, t.sent, t.moves, t.residual, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_account_balances t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_account_balances';
COMMENT ON VIEW canonical_account_balances IS 'What the accounts of each validator held at both edges of a period and what moved between, by the balances the chain itself tells, where accounts earn and not validators. balance_end = balance_start + rewards - charges - fees_paid + received - sent + residual. What is in force now.';
COMMENT ON COLUMN canonical_account_balances.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_account_balances.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_account_balances.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_account_balances.account_kind IS 'VOTE: the account that its key names; COLLECTOR: the account that received its commission, where that is another one, maybe shared with other validators; IDENTITY: the key that signs its blocks and pays for its votes.';
COMMENT ON COLUMN canonical_account_balances.account_key IS 'The account; `unknown` where the identity is not known.';
COMMENT ON COLUMN canonical_account_balances.method IS 'TRANSACTIONS: every block of the period was read with its transactions, the edges are before the first and after the last one that names the account; REWARD_ROWS: reward rows alone, the edges are after the last one of the period before and of this one. Null: neither.';
COMMENT ON COLUMN canonical_account_balances.start_slot IS 'The slot of the first edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances.balance_start IS 'What it held there.';
COMMENT ON COLUMN canonical_account_balances.end_slot IS 'The slot of the last edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances.balance_end IS 'What it held there.';
COMMENT ON COLUMN canonical_account_balances.rewards IS 'Reward rows between the edges.';
COMMENT ON COLUMN canonical_account_balances.charges IS 'What the chain itself took between them.';
COMMENT ON COLUMN canonical_account_balances.fees_paid IS 'Fees of transactions it paid; null where these were not read.';
COMMENT ON COLUMN canonical_account_balances.received IS 'What came in by transactions; null where these were not read.';
COMMENT ON COLUMN canonical_account_balances.sent IS 'What went out by transactions, without fees; null the same.';
COMMENT ON COLUMN canonical_account_balances.moves IS 'How many rows and transactions that is.';
COMMENT ON COLUMN canonical_account_balances.residual IS 'What of the balance''s change is none of these. With TRANSACTIONS every unit is explained where it is 0; with REWARD_ROWS it is what transactions moved. Null where an edge is not known: that is not 0.';
COMMENT ON COLUMN canonical_account_balances.state IS 'How much is known of the residual.';
COMMENT ON COLUMN canonical_account_balances.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_account_balances.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_account_balances.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_account_balances.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_account_balances.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_account_balances.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_account_balances.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_account_balances_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_account_balances LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.account_kind, t.account_key, t.method, t.start_slot, t.balance_start, t.end_slot, t.balance_end, t.rewards, t.charges, t.fees_paid, t.received, t.sent, t.moves, t.residual, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_account_balances' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_account_balances t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_account_balances_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.account_kind, t.account_key, t.method, t.start_slot, t.balance_start, t.end_slot, t.balance_end, t.rewards, t.charges, t.fees_paid, t.received, t.sent, t.moves, t.residual, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_account_balances t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_account_balances_named IS 'What the accounts of each validator held at both edges of a period and what moved between, by the balances the chain itself tells, where accounts earn and not validators. balance_end = balance_start + rewards - charges - fees_paid + received - sent + residual. In force now, with month and names.';
COMMENT ON COLUMN canonical_account_balances_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_account_balances_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_account_balances_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_account_balances_named.account_kind IS 'VOTE: the account that its key names; COLLECTOR: the account that received its commission, where that is another one, maybe shared with other validators; IDENTITY: the key that signs its blocks and pays for its votes.';
COMMENT ON COLUMN canonical_account_balances_named.account_key IS 'The account; `unknown` where the identity is not known.';
COMMENT ON COLUMN canonical_account_balances_named.method IS 'TRANSACTIONS: every block of the period was read with its transactions, the edges are before the first and after the last one that names the account; REWARD_ROWS: reward rows alone, the edges are after the last one of the period before and of this one. Null: neither.';
COMMENT ON COLUMN canonical_account_balances_named.start_slot IS 'The slot of the first edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances_named.balance_start IS 'What it held there.';
COMMENT ON COLUMN canonical_account_balances_named.end_slot IS 'The slot of the last edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances_named.balance_end IS 'What it held there.';
COMMENT ON COLUMN canonical_account_balances_named.rewards IS 'Reward rows between the edges.';
COMMENT ON COLUMN canonical_account_balances_named.charges IS 'What the chain itself took between them.';
COMMENT ON COLUMN canonical_account_balances_named.fees_paid IS 'Fees of transactions it paid; null where these were not read.';
COMMENT ON COLUMN canonical_account_balances_named.received IS 'What came in by transactions; null where these were not read.';
COMMENT ON COLUMN canonical_account_balances_named.sent IS 'What went out by transactions, without fees; null the same.';
COMMENT ON COLUMN canonical_account_balances_named.moves IS 'How many rows and transactions that is.';
COMMENT ON COLUMN canonical_account_balances_named.residual IS 'What of the balance''s change is none of these. With TRANSACTIONS every unit is explained where it is 0; with REWARD_ROWS it is what transactions moved. Null where an edge is not known: that is not 0.';
COMMENT ON COLUMN canonical_account_balances_named.state IS 'How much is known of the residual.';
COMMENT ON COLUMN canonical_account_balances_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_account_balances_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_account_balances_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_account_balances_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_account_balances_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_account_balances_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_account_balances_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_account_balances_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_account_balances_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_account_balances_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_account_balances_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.account_kind, t.account_key, t.method, t.start_slot, (t.balance_start * c.coin) AS balance_start, t.end_slot, (t.balance_end * c.coin) AS balance_end, (t.rewards * c.coin) AS rewards, (t.charges * c.coin) AS charges, (t.fees_paid * c.coin) AS fees_paid, (t.received * c.coin) AS received, (t.sent * c.coin) AS sent, t.moves, (t.residual * c.coin) AS residual, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_account_balances_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_account_balances_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_account_balances_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_account_balances_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_account_balances_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_account_balances_in_coins.account_kind IS 'VOTE: the account that its key names; COLLECTOR: the account that received its commission, where that is another one, maybe shared with other validators; IDENTITY: the key that signs its blocks and pays for its votes.';
COMMENT ON COLUMN canonical_account_balances_in_coins.account_key IS 'The account; `unknown` where the identity is not known.';
COMMENT ON COLUMN canonical_account_balances_in_coins.method IS 'TRANSACTIONS: every block of the period was read with its transactions, the edges are before the first and after the last one that names the account; REWARD_ROWS: reward rows alone, the edges are after the last one of the period before and of this one. Null: neither.';
COMMENT ON COLUMN canonical_account_balances_in_coins.start_slot IS 'The slot of the first edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances_in_coins.balance_start IS 'What it held there. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.end_slot IS 'The slot of the last edge; null where it is not known.';
COMMENT ON COLUMN canonical_account_balances_in_coins.balance_end IS 'What it held there. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.rewards IS 'Reward rows between the edges. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.charges IS 'What the chain itself took between them. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.fees_paid IS 'Fees of transactions it paid; null where these were not read. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.received IS 'What came in by transactions; null where these were not read. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.sent IS 'What went out by transactions, without fees; null the same. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.moves IS 'How many rows and transactions that is.';
COMMENT ON COLUMN canonical_account_balances_in_coins.residual IS 'What of the balance''s change is none of these. With TRANSACTIONS every unit is explained where it is 0; with REWARD_ROWS it is what transactions moved. Null where an edge is not known: that is not 0. In whole coins.';
COMMENT ON COLUMN canonical_account_balances_in_coins.state IS 'How much is known of the residual.';
COMMENT ON COLUMN canonical_account_balances_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_account_balances_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_account_balances_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_account_balances_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_account_balances_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_account_balances_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_account_balances_in_coins.published_at IS 'When the snapshot came into force.';

ALTER VIEW canonical_account_balances SET (security_invoker = true);
ALTER VIEW canonical_account_balances_named SET (security_invoker = true);
ALTER VIEW canonical_account_balances_in_coins SET (security_invoker = true);
ALTER FUNCTION canonical_account_balances_as_of SET search_path = pg_catalog, public, pg_temp;
