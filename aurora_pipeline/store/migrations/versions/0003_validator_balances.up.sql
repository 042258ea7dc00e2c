-- What validators' own balances did: frozen. A change is a new migration.

CREATE TABLE layers.canonical_validator_balances (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    validator_index bigint CHECK (validator_index >= 0),
    status text,
    withdrawal_address text,
    compounds boolean,
    slashed boolean,
    stake amount CHECK (stake >= 0),
    balance_start amount CHECK (balance_start >= 0),
    balance_end amount CHECK (balance_end >= 0),
    withdrawals amount CHECK (withdrawals >= 0),
    deposits amount CHECK (deposits >= 0),
    consolidated_in amount CHECK (consolidated_in >= 0),
    consolidated_out amount CHECK (consolidated_out >= 0),
    queued amount,
    profit amount,
    first_attested_epoch bigint CHECK (first_attested_epoch >= 0),
    last_attested_epoch bigint CHECK (last_attested_epoch >= 0),
    attestation_head amount CHECK (attestation_head >= 0),
    attestation_target amount,
    attestation_source amount,
    inactivity amount,
    proposals amount CHECK (proposals >= 0),
    sync_committee amount,
    slashing_penalties amount CHECK (slashing_penalties >= 0),
    residual amount,
    residual_of text CHECK (residual_of IN ('SLASHING', 'ROUNDING', 'SYNC_REWARDS')),
    rewards amount CHECK (rewards >= 0),
    penalties amount CHECK (penalties >= 0),
    blocks_proposed bigint CHECK (blocks_proposed >= 0),
    blocks_missed bigint CHECK (blocks_missed >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key)
);
COMMENT ON TABLE layers.canonical_validator_balances IS 'What each validator''s own balance did in a period and what it was earned for, on chains where each has one (Ethereum). profit = balance_end - balance_start + withdrawals + queued - deposits - consolidated_in + consolidated_out = rewards - penalties, whether a client or the operator owns the validator.';
COMMENT ON COLUMN layers.canonical_validator_balances.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_validator_balances.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_validator_balances.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_validator_balances.validator_index IS 'The validator''s number on its chain.';
COMMENT ON COLUMN layers.canonical_validator_balances.status IS 'Its status at the end, as the beacon chain names it.';
COMMENT ON COLUMN layers.canonical_validator_balances.withdrawal_address IS 'Where its withdrawals go; null: its credentials name a key.';
COMMENT ON COLUMN layers.canonical_validator_balances.compounds IS 'Whether what it earns stays and counts (0x02).';
COMMENT ON COLUMN layers.canonical_validator_balances.slashed IS 'Whether it was slashed, in the period or before.';
COMMENT ON COLUMN layers.canonical_validator_balances.stake IS 'What counted of its balance in the period (effective balance).';
COMMENT ON COLUMN layers.canonical_validator_balances.balance_start IS 'Its balance before the period''s first slot.';
COMMENT ON COLUMN layers.canonical_validator_balances.balance_end IS 'Its balance after the period''s last slot.';
COMMENT ON COLUMN layers.canonical_validator_balances.withdrawals IS 'What left for the withdrawal address: no income.';
COMMENT ON COLUMN layers.canonical_validator_balances.deposits IS 'What came into the chain for it: no income.';
COMMENT ON COLUMN layers.canonical_validator_balances.consolidated_in IS 'Balance moved to it from another validator.';
COMMENT ON COLUMN layers.canonical_validator_balances.consolidated_out IS 'Balance moved from it to another validator.';
COMMENT ON COLUMN layers.canonical_validator_balances.queued IS 'By how much more of it waits to be credited at the end than at the start: deposits, and what left the balance when it began to compound. 0 where nothing moved that would have to be asked for.';
COMMENT ON COLUMN layers.canonical_validator_balances.profit IS 'What it earned less what it lost, by its balance.';
COMMENT ON COLUMN layers.canonical_validator_balances.first_attested_epoch IS 'The first epoch whose attestations count here: those are credited two epochs later. Null: none.';
COMMENT ON COLUMN layers.canonical_validator_balances.last_attested_epoch IS 'The last epoch whose attestations count here.';
COMMENT ON COLUMN layers.canonical_validator_balances.attestation_head IS 'Attestations, head vote.';
COMMENT ON COLUMN layers.canonical_validator_balances.attestation_target IS 'Attestations, target vote: rewards less penalties.';
COMMENT ON COLUMN layers.canonical_validator_balances.attestation_source IS 'Attestations, source vote: rewards less penalties.';
COMMENT ON COLUMN layers.canonical_validator_balances.inactivity IS 'Attestations, inactivity penalties; never above 0.';
COMMENT ON COLUMN layers.canonical_validator_balances.proposals IS 'Blocks proposed, on the consensus layer: attestations, sync bits and slashings included.';
COMMENT ON COLUMN layers.canonical_validator_balances.sync_committee IS 'Sync committee: rewards less penalties.';
COMMENT ON COLUMN layers.canonical_validator_balances.slashing_penalties IS 'What being slashed cost, which no endpoint tells.';
COMMENT ON COLUMN layers.canonical_validator_balances.residual IS 'What of the profit no reward explains that the node told.';
COMMENT ON COLUMN layers.canonical_validator_balances.residual_of IS 'What explains the residual. SLASHING: a slashing; ROUNDING: the client rounds; SYNC_REWARDS: the client tells sync rewards that cannot be, and the balance tells them. Null: there is none, or nothing does.';
COMMENT ON COLUMN layers.canonical_validator_balances.rewards IS 'Everything earned on the consensus layer, before penalties.';
COMMENT ON COLUMN layers.canonical_validator_balances.penalties IS 'Everything lost there, slashings included.';
COMMENT ON COLUMN layers.canonical_validator_balances.blocks_proposed IS 'Blocks it proposed.';
COMMENT ON COLUMN layers.canonical_validator_balances.blocks_missed IS 'Slots it had to propose in that have no block; null: not known.';
COMMENT ON COLUMN layers.canonical_validator_balances.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN layers.canonical_validator_balances.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_validator_balances.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_validator_balances FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW canonical_validator_balances AS SELECT t.chain_id, t.epoch, t.validator_key, t.validator_index, t.status, t.withdrawal_address, t.compounds, t.slashed, t.stake, t.balance_start, t.balance_end, t.withdrawals, t.deposits, t.consolidated_in, t.consolidated_out, t.queued, t.profit, t.first_attested_epoch, t.last_attested_epoch, t.attestation_head, t.attestation_target, t.attestation_source, t.inactivity, t.proposals, t.sync_committee, t.slashing_penalties, t.residual, t.residual_of, t.rewards, t.penalties, t.blocks_proposed, t.blocks_missed, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_validator_balances t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_validator_balances';
COMMENT ON VIEW canonical_validator_balances IS 'What each validator''s own balance did in a period and what it was earned for, on chains where each has one (Ethereum). profit = balance_end - balance_start + withdrawals + queued - deposits - consolidated_in + consolidated_out = rewards - penalties, whether a client or the operator owns the validator. What is in force now.';
COMMENT ON COLUMN canonical_validator_balances.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_balances.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_balances.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_balances.validator_index IS 'The validator''s number on its chain.';
COMMENT ON COLUMN canonical_validator_balances.status IS 'Its status at the end, as the beacon chain names it.';
COMMENT ON COLUMN canonical_validator_balances.withdrawal_address IS 'Where its withdrawals go; null: its credentials name a key.';
COMMENT ON COLUMN canonical_validator_balances.compounds IS 'Whether what it earns stays and counts (0x02).';
COMMENT ON COLUMN canonical_validator_balances.slashed IS 'Whether it was slashed, in the period or before.';
COMMENT ON COLUMN canonical_validator_balances.stake IS 'What counted of its balance in the period (effective balance).';
COMMENT ON COLUMN canonical_validator_balances.balance_start IS 'Its balance before the period''s first slot.';
COMMENT ON COLUMN canonical_validator_balances.balance_end IS 'Its balance after the period''s last slot.';
COMMENT ON COLUMN canonical_validator_balances.withdrawals IS 'What left for the withdrawal address: no income.';
COMMENT ON COLUMN canonical_validator_balances.deposits IS 'What came into the chain for it: no income.';
COMMENT ON COLUMN canonical_validator_balances.consolidated_in IS 'Balance moved to it from another validator.';
COMMENT ON COLUMN canonical_validator_balances.consolidated_out IS 'Balance moved from it to another validator.';
COMMENT ON COLUMN canonical_validator_balances.queued IS 'By how much more of it waits to be credited at the end than at the start: deposits, and what left the balance when it began to compound. 0 where nothing moved that would have to be asked for.';
COMMENT ON COLUMN canonical_validator_balances.profit IS 'What it earned less what it lost, by its balance.';
COMMENT ON COLUMN canonical_validator_balances.first_attested_epoch IS 'The first epoch whose attestations count here: those are credited two epochs later. Null: none.';
COMMENT ON COLUMN canonical_validator_balances.last_attested_epoch IS 'The last epoch whose attestations count here.';
COMMENT ON COLUMN canonical_validator_balances.attestation_head IS 'Attestations, head vote.';
COMMENT ON COLUMN canonical_validator_balances.attestation_target IS 'Attestations, target vote: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances.attestation_source IS 'Attestations, source vote: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances.inactivity IS 'Attestations, inactivity penalties; never above 0.';
COMMENT ON COLUMN canonical_validator_balances.proposals IS 'Blocks proposed, on the consensus layer: attestations, sync bits and slashings included.';
COMMENT ON COLUMN canonical_validator_balances.sync_committee IS 'Sync committee: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances.slashing_penalties IS 'What being slashed cost, which no endpoint tells.';
COMMENT ON COLUMN canonical_validator_balances.residual IS 'What of the profit no reward explains that the node told.';
COMMENT ON COLUMN canonical_validator_balances.residual_of IS 'What explains the residual. SLASHING: a slashing; ROUNDING: the client rounds; SYNC_REWARDS: the client tells sync rewards that cannot be, and the balance tells them. Null: there is none, or nothing does.';
COMMENT ON COLUMN canonical_validator_balances.rewards IS 'Everything earned on the consensus layer, before penalties.';
COMMENT ON COLUMN canonical_validator_balances.penalties IS 'Everything lost there, slashings included.';
COMMENT ON COLUMN canonical_validator_balances.blocks_proposed IS 'Blocks it proposed.';
COMMENT ON COLUMN canonical_validator_balances.blocks_missed IS 'Slots it had to propose in that have no block; null: not known.';
COMMENT ON COLUMN canonical_validator_balances.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_balances.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_balances.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_balances.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_balances.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_balances.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_balances.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_balances.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_validator_balances_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_validator_balances LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.validator_index, t.status, t.withdrawal_address, t.compounds, t.slashed, t.stake, t.balance_start, t.balance_end, t.withdrawals, t.deposits, t.consolidated_in, t.consolidated_out, t.queued, t.profit, t.first_attested_epoch, t.last_attested_epoch, t.attestation_head, t.attestation_target, t.attestation_source, t.inactivity, t.proposals, t.sync_committee, t.slashing_penalties, t.residual, t.residual_of, t.rewards, t.penalties, t.blocks_proposed, t.blocks_missed, t.state, t.reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_validator_balances' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_validator_balances t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_validator_balances_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.validator_index, t.status, t.withdrawal_address, t.compounds, t.slashed, t.stake, t.balance_start, t.balance_end, t.withdrawals, t.deposits, t.consolidated_in, t.consolidated_out, t.queued, t.profit, t.first_attested_epoch, t.last_attested_epoch, t.attestation_head, t.attestation_target, t.attestation_source, t.inactivity, t.proposals, t.sync_committee, t.slashing_penalties, t.residual, t.residual_of, t.rewards, t.penalties, t.blocks_proposed, t.blocks_missed, t.state, t.reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_validator_balances t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_validator_balances_named IS 'What each validator''s own balance did in a period and what it was earned for, on chains where each has one (Ethereum). profit = balance_end - balance_start + withdrawals + queued - deposits - consolidated_in + consolidated_out = rewards - penalties, whether a client or the operator owns the validator. In force now, with month and names.';
COMMENT ON COLUMN canonical_validator_balances_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_balances_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_balances_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_balances_named.validator_index IS 'The validator''s number on its chain.';
COMMENT ON COLUMN canonical_validator_balances_named.status IS 'Its status at the end, as the beacon chain names it.';
COMMENT ON COLUMN canonical_validator_balances_named.withdrawal_address IS 'Where its withdrawals go; null: its credentials name a key.';
COMMENT ON COLUMN canonical_validator_balances_named.compounds IS 'Whether what it earns stays and counts (0x02).';
COMMENT ON COLUMN canonical_validator_balances_named.slashed IS 'Whether it was slashed, in the period or before.';
COMMENT ON COLUMN canonical_validator_balances_named.stake IS 'What counted of its balance in the period (effective balance).';
COMMENT ON COLUMN canonical_validator_balances_named.balance_start IS 'Its balance before the period''s first slot.';
COMMENT ON COLUMN canonical_validator_balances_named.balance_end IS 'Its balance after the period''s last slot.';
COMMENT ON COLUMN canonical_validator_balances_named.withdrawals IS 'What left for the withdrawal address: no income.';
COMMENT ON COLUMN canonical_validator_balances_named.deposits IS 'What came into the chain for it: no income.';
COMMENT ON COLUMN canonical_validator_balances_named.consolidated_in IS 'Balance moved to it from another validator.';
COMMENT ON COLUMN canonical_validator_balances_named.consolidated_out IS 'Balance moved from it to another validator.';
COMMENT ON COLUMN canonical_validator_balances_named.queued IS 'By how much more of it waits to be credited at the end than at the start: deposits, and what left the balance when it began to compound. 0 where nothing moved that would have to be asked for.';
COMMENT ON COLUMN canonical_validator_balances_named.profit IS 'What it earned less what it lost, by its balance.';
COMMENT ON COLUMN canonical_validator_balances_named.first_attested_epoch IS 'The first epoch whose attestations count here: those are credited two epochs later. Null: none.';
COMMENT ON COLUMN canonical_validator_balances_named.last_attested_epoch IS 'The last epoch whose attestations count here.';
COMMENT ON COLUMN canonical_validator_balances_named.attestation_head IS 'Attestations, head vote.';
COMMENT ON COLUMN canonical_validator_balances_named.attestation_target IS 'Attestations, target vote: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances_named.attestation_source IS 'Attestations, source vote: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances_named.inactivity IS 'Attestations, inactivity penalties; never above 0.';
COMMENT ON COLUMN canonical_validator_balances_named.proposals IS 'Blocks proposed, on the consensus layer: attestations, sync bits and slashings included.';
COMMENT ON COLUMN canonical_validator_balances_named.sync_committee IS 'Sync committee: rewards less penalties.';
COMMENT ON COLUMN canonical_validator_balances_named.slashing_penalties IS 'What being slashed cost, which no endpoint tells.';
COMMENT ON COLUMN canonical_validator_balances_named.residual IS 'What of the profit no reward explains that the node told.';
COMMENT ON COLUMN canonical_validator_balances_named.residual_of IS 'What explains the residual. SLASHING: a slashing; ROUNDING: the client rounds; SYNC_REWARDS: the client tells sync rewards that cannot be, and the balance tells them. Null: there is none, or nothing does.';
COMMENT ON COLUMN canonical_validator_balances_named.rewards IS 'Everything earned on the consensus layer, before penalties.';
COMMENT ON COLUMN canonical_validator_balances_named.penalties IS 'Everything lost there, slashings included.';
COMMENT ON COLUMN canonical_validator_balances_named.blocks_proposed IS 'Blocks it proposed.';
COMMENT ON COLUMN canonical_validator_balances_named.blocks_missed IS 'Slots it had to propose in that have no block; null: not known.';
COMMENT ON COLUMN canonical_validator_balances_named.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_balances_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_balances_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_balances_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_balances_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_balances_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_balances_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_balances_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_validator_balances_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_validator_balances_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_validator_balances_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_validator_balances_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.validator_index, t.status, t.withdrawal_address, t.compounds, t.slashed, (t.stake * c.coin) AS stake, (t.balance_start * c.coin) AS balance_start, (t.balance_end * c.coin) AS balance_end, (t.withdrawals * c.coin) AS withdrawals, (t.deposits * c.coin) AS deposits, (t.consolidated_in * c.coin) AS consolidated_in, (t.consolidated_out * c.coin) AS consolidated_out, (t.queued * c.coin) AS queued, (t.profit * c.coin) AS profit, t.first_attested_epoch, t.last_attested_epoch, (t.attestation_head * c.coin) AS attestation_head, (t.attestation_target * c.coin) AS attestation_target, (t.attestation_source * c.coin) AS attestation_source, (t.inactivity * c.coin) AS inactivity, (t.proposals * c.coin) AS proposals, (t.sync_committee * c.coin) AS sync_committee, (t.slashing_penalties * c.coin) AS slashing_penalties, (t.residual * c.coin) AS residual, t.residual_of, (t.rewards * c.coin) AS rewards, (t.penalties * c.coin) AS penalties, t.blocks_proposed, t.blocks_missed, t.state, t.reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_validator_balances_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_validator_balances_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_validator_balances_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.validator_index IS 'The validator''s number on its chain.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.status IS 'Its status at the end, as the beacon chain names it.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.withdrawal_address IS 'Where its withdrawals go; null: its credentials name a key.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.compounds IS 'Whether what it earns stays and counts (0x02).';
COMMENT ON COLUMN canonical_validator_balances_in_coins.slashed IS 'Whether it was slashed, in the period or before.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.stake IS 'What counted of its balance in the period (effective balance). In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.balance_start IS 'Its balance before the period''s first slot. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.balance_end IS 'Its balance after the period''s last slot. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.withdrawals IS 'What left for the withdrawal address: no income. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.deposits IS 'What came into the chain for it: no income. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.consolidated_in IS 'Balance moved to it from another validator. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.consolidated_out IS 'Balance moved from it to another validator. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.queued IS 'By how much more of it waits to be credited at the end than at the start: deposits, and what left the balance when it began to compound. 0 where nothing moved that would have to be asked for. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.profit IS 'What it earned less what it lost, by its balance. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.first_attested_epoch IS 'The first epoch whose attestations count here: those are credited two epochs later. Null: none.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.last_attested_epoch IS 'The last epoch whose attestations count here.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.attestation_head IS 'Attestations, head vote. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.attestation_target IS 'Attestations, target vote: rewards less penalties. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.attestation_source IS 'Attestations, source vote: rewards less penalties. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.inactivity IS 'Attestations, inactivity penalties; never above 0. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.proposals IS 'Blocks proposed, on the consensus layer: attestations, sync bits and slashings included. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.sync_committee IS 'Sync committee: rewards less penalties. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.slashing_penalties IS 'What being slashed cost, which no endpoint tells. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.residual IS 'What of the profit no reward explains that the node told. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.residual_of IS 'What explains the residual. SLASHING: a slashing; ROUNDING: the client rounds; SYNC_REWARDS: the client tells sync rewards that cannot be, and the balance tells them. Null: there is none, or nothing does.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.rewards IS 'Everything earned on the consensus layer, before penalties. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.penalties IS 'Everything lost there, slashings included. In whole coins.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.blocks_proposed IS 'Blocks it proposed.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.blocks_missed IS 'Slots it had to propose in that have no block; null: not known.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.state IS 'How much is known of the row''s figures.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_validator_balances_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_validator_balances_in_coins.published_at IS 'When the snapshot came into force.';
