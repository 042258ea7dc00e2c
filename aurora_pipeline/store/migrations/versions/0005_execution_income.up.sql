-- What each block paid its proposer, and whose addresses are whose.

ALTER TABLE layers.canonical_validator_mev DROP CONSTRAINT canonical_validator_mev_method_check;
ALTER TABLE layers.canonical_validator_mev ADD CONSTRAINT canonical_validator_mev_method_check
    CHECK (method IN ('NODE', 'FORMULA', 'NOT_PARTICIPATING', 'PAYMENTS'));

COMMENT ON COLUMN layers.canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned; PAYMENTS: what builders paid it, block by block (canonical_execution_income).';

COMMENT ON COLUMN canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned; PAYMENTS: what builders paid it, block by block (canonical_execution_income).';

COMMENT ON COLUMN canonical_validator_mev_named.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned; PAYMENTS: what builders paid it, block by block (canonical_execution_income).';

COMMENT ON COLUMN canonical_validator_mev_in_coins.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned; PAYMENTS: what builders paid it, block by block (canonical_execution_income).';

CREATE TABLE fee_recipients (
    chain_id text NOT NULL,
    validator_key text NOT NULL,
    revision bigint NOT NULL CHECK (revision >= 1),
    valid_from timestamptz NOT NULL,
    valid_until timestamptz,
    fee_recipient text NOT NULL,
    notes text,
    reason text NOT NULL,
    recorded_by text NOT NULL DEFAULT current_user,
    recorded_at timestamptz NOT NULL DEFAULT record_instant(),
    recorded_through text DEFAULT session_user,
    PRIMARY KEY (chain_id, validator_key, revision, valid_from)
);
COMMENT ON TABLE fee_recipients IS 'The address that receives what a validator''s blocks earn, dated. Only the newest revision counts.';
COMMENT ON COLUMN fee_recipients.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN fee_recipients.validator_key IS 'The validator; * is every validator of the chain that has no row of its own.';
COMMENT ON COLUMN fee_recipients.revision IS 'The newest revision counts as a whole; earlier ones are history.';
COMMENT ON COLUMN fee_recipients.valid_from IS 'From when on it holds (included).';
COMMENT ON COLUMN fee_recipients.valid_until IS 'Until when it holds (excluded); null: open.';
COMMENT ON COLUMN fee_recipients.fee_recipient IS 'The address.';
COMMENT ON COLUMN fee_recipients.notes IS 'What the operator noted.';
COMMENT ON COLUMN fee_recipients.reason IS 'Why it was decided.';
COMMENT ON COLUMN fee_recipients.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN fee_recipients.recorded_at IS 'When it was recorded, by the ledger''s one clock.';
COMMENT ON COLUMN fee_recipients.recorded_through IS 'The login through which it came: the person''s own, or that of a program; null: recorded before this was.';

CREATE TABLE layers.canonical_execution_income (
    snapshot_id bigint NOT NULL REFERENCES snapshots DEFERRABLE,
    chain_id text NOT NULL,
    epoch bigint NOT NULL CHECK (epoch >= 0),
    validator_key text NOT NULL,
    row_kind text NOT NULL CHECK (row_kind IN ('SLOT', 'VALIDATOR')),
    slot bigint NOT NULL CHECK (slot >= 0),
    kind text CHECK (kind IN ('MISSED', 'VANILLA', 'MEV_PAYMENT', 'SHORT_PAYMENT', 'PAYMENT_TO_OPERATOR', 'PAYMENT_ELSEWHERE', 'NO_PAYMENT')),
    block_number bigint CHECK (block_number >= 0),
    block_hash text,
    fee_recipient text,
    tips amount CHECK (tips >= 0),
    burned_fees amount CHECK (burned_fees >= 0),
    payment amount CHECK (payment >= 0),
    payment_recipient text,
    payment_hash text,
    fees amount CHECK (fees >= 0),
    mev amount CHECK (mev >= 0),
    claim amount CHECK (claim >= 0),
    difference amount,
    relays text,
    phantom_claim amount CHECK (phantom_claim >= 0),
    phantom_relays text,
    slots_proposed bigint CHECK (slots_proposed >= 0),
    blocks_proposed bigint CHECK (blocks_proposed >= 0),
    slots_missed bigint CHECK (slots_missed >= 0),
    state text NOT NULL CHECK (state IN ('final', 'pending', 'partial', 'unavailable')),
    reason text,
    mev_state text NOT NULL CHECK (mev_state IN ('final', 'pending', 'partial', 'unavailable')),
    mev_reason text,
    source_fetch bigint,
    PRIMARY KEY (snapshot_id, chain_id, epoch, validator_key, row_kind, slot)
);
COMMENT ON TABLE layers.canonical_execution_income IS 'What each block paid its proposer, on chains where a block pays one: exactly one income per block.';
COMMENT ON COLUMN layers.canonical_execution_income.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN layers.canonical_execution_income.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN layers.canonical_execution_income.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN layers.canonical_execution_income.row_kind IS 'SLOT: one slot that the validator had to propose a block in; VALIDATOR: all of its slots together.';
COMMENT ON COLUMN layers.canonical_execution_income.slot IS 'The slot; the period''s first one on VALIDATOR rows.';
COMMENT ON COLUMN layers.canonical_execution_income.kind IS 'How the block paid (SLOT rows): see the glossary. Null where that is not known.';
COMMENT ON COLUMN layers.canonical_execution_income.block_number IS 'The execution block''s number; null where there is no block.';
COMMENT ON COLUMN layers.canonical_execution_income.block_hash IS 'Its hash, as the beacon chain has it.';
COMMENT ON COLUMN layers.canonical_execution_income.fee_recipient IS 'Who received the block''s tips.';
COMMENT ON COLUMN layers.canonical_execution_income.tips IS 'What all transactions paid above the base fee, whoever received it.';
COMMENT ON COLUMN layers.canonical_execution_income.burned_fees IS 'The base fees, which nobody received.';
COMMENT ON COLUMN layers.canonical_execution_income.payment IS 'What was sent for the block beside tips.';
COMMENT ON COLUMN layers.canonical_execution_income.payment_recipient IS 'To whom.';
COMMENT ON COLUMN layers.canonical_execution_income.payment_hash IS 'In which transaction, the last of them.';
COMMENT ON COLUMN layers.canonical_execution_income.fees IS 'The income that is EXEC_FEES.';
COMMENT ON COLUMN layers.canonical_execution_income.mev IS 'The income that is MEV_TIPS. On SLOT rows one of the two is 0.';
COMMENT ON COLUMN layers.canonical_execution_income.claim IS 'What relays say was paid for the block, the most of it: never a figure.';
COMMENT ON COLUMN layers.canonical_execution_income.difference IS 'The income less the claim.';
COMMENT ON COLUMN layers.canonical_execution_income.relays IS 'Who delivered the block, with | between them.';
COMMENT ON COLUMN layers.canonical_execution_income.phantom_claim IS 'What relays claim of another block of the slot, which is not there.';
COMMENT ON COLUMN layers.canonical_execution_income.phantom_relays IS 'Who claims that.';
COMMENT ON COLUMN layers.canonical_execution_income.slots_proposed IS 'Slots it had to propose in (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_execution_income.blocks_proposed IS 'Slots with a block of it (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_execution_income.slots_missed IS 'Slots without (VALIDATOR rows).';
COMMENT ON COLUMN layers.canonical_execution_income.state IS 'How much is known of the row''s fees.';
COMMENT ON COLUMN layers.canonical_execution_income.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_execution_income.mev_state IS 'How much is known of the row''s mev.';
COMMENT ON COLUMN layers.canonical_execution_income.mev_reason IS 'The reason of mev_state; null where there is nothing to explain.';
COMMENT ON COLUMN layers.canonical_execution_income.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON fee_recipients FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE CONSTRAINT TRIGGER logged AFTER INSERT ON fee_recipients DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unlogged();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON layers.canonical_execution_income FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW canonical_execution_income AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.slot, t.kind, t.block_number, t.block_hash, t.fee_recipient, t.tips, t.burned_fees, t.payment, t.payment_recipient, t.payment_hash, t.fees, t.mev, t.claim, t.difference, t.relays, t.phantom_claim, t.phantom_relays, t.slots_proposed, t.blocks_proposed, t.slots_missed, t.state, t.reason, t.mev_state, t.mev_reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id FROM layers.canonical_execution_income t JOIN in_force f ON f.snapshot_id = t.snapshot_id AND f.asset = 'canonical_execution_income';
COMMENT ON VIEW canonical_execution_income IS 'What each block paid its proposer, on chains where a block pays one: exactly one income per block. What is in force now.';
COMMENT ON COLUMN canonical_execution_income.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_execution_income.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_execution_income.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_execution_income.row_kind IS 'SLOT: one slot that the validator had to propose a block in; VALIDATOR: all of its slots together.';
COMMENT ON COLUMN canonical_execution_income.slot IS 'The slot; the period''s first one on VALIDATOR rows.';
COMMENT ON COLUMN canonical_execution_income.kind IS 'How the block paid (SLOT rows): see the glossary. Null where that is not known.';
COMMENT ON COLUMN canonical_execution_income.block_number IS 'The execution block''s number; null where there is no block.';
COMMENT ON COLUMN canonical_execution_income.block_hash IS 'Its hash, as the beacon chain has it.';
COMMENT ON COLUMN canonical_execution_income.fee_recipient IS 'Who received the block''s tips.';
COMMENT ON COLUMN canonical_execution_income.tips IS 'What all transactions paid above the base fee, whoever received it.';
COMMENT ON COLUMN canonical_execution_income.burned_fees IS 'The base fees, which nobody received.';
COMMENT ON COLUMN canonical_execution_income.payment IS 'What was sent for the block beside tips.';
COMMENT ON COLUMN canonical_execution_income.payment_recipient IS 'To whom.';
COMMENT ON COLUMN canonical_execution_income.payment_hash IS 'In which transaction, the last of them.';
COMMENT ON COLUMN canonical_execution_income.fees IS 'The income that is EXEC_FEES.';
COMMENT ON COLUMN canonical_execution_income.mev IS 'The income that is MEV_TIPS. On SLOT rows one of the two is 0.';
COMMENT ON COLUMN canonical_execution_income.claim IS 'What relays say was paid for the block, the most of it: never a figure.';
COMMENT ON COLUMN canonical_execution_income.difference IS 'The income less the claim.';
COMMENT ON COLUMN canonical_execution_income.relays IS 'Who delivered the block, with | between them.';
COMMENT ON COLUMN canonical_execution_income.phantom_claim IS 'What relays claim of another block of the slot, which is not there.';
COMMENT ON COLUMN canonical_execution_income.phantom_relays IS 'Who claims that.';
COMMENT ON COLUMN canonical_execution_income.slots_proposed IS 'Slots it had to propose in (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income.blocks_proposed IS 'Slots with a block of it (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income.slots_missed IS 'Slots without (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income.state IS 'How much is known of the row''s fees.';
COMMENT ON COLUMN canonical_execution_income.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income.mev_state IS 'How much is known of the row''s mev.';
COMMENT ON COLUMN canonical_execution_income.mev_reason IS 'The reason of mev_state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_execution_income.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_execution_income.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_execution_income.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_execution_income.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_execution_income.snapshot_id IS 'The snapshot the row is from.';

CREATE FUNCTION canonical_execution_income_as_of(
    moment timestamptz, of_chain text DEFAULT NULL, from_epoch bigint DEFAULT NULL, to_epoch bigint DEFAULT NULL
) RETURNS SETOF canonical_execution_income LANGUAGE plpgsql VOLATILE SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM await_moment(moment);
    RETURN QUERY
        SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.slot, t.kind, t.block_number, t.block_hash, t.fee_recipient, t.tips, t.burned_fees, t.payment, t.payment_recipient, t.payment_hash, t.fees, t.mev, t.claim, t.difference, t.relays, t.phantom_claim, t.phantom_relays, t.slots_proposed, t.blocks_proposed, t.slots_missed, t.state, t.reason, t.mev_state, t.mev_reason, t.source_fetch, f.completeness, f.published_at, f.content_digest, f.lineage_digest, f.snapshot_id
        FROM (
            SELECT DISTINCT ON (p.chain_id, p.epoch) p.snapshot_id, p.published_at,
                   s.completeness, s.content_digest, s.lineage_digest
            FROM publications p JOIN snapshots s USING (snapshot_id)
            WHERE p.asset = 'canonical_execution_income' AND p.published_at <= moment AND (of_chain IS NULL OR p.chain_id = of_chain)
              AND (from_epoch IS NULL OR p.epoch >= from_epoch) AND (to_epoch IS NULL OR p.epoch <= to_epoch)
            ORDER BY p.chain_id, p.epoch, p.sequence DESC
        ) f JOIN layers.canonical_execution_income t ON t.snapshot_id = f.snapshot_id;
END $$;

CREATE VIEW canonical_execution_income_named AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.slot, t.kind, t.block_number, t.block_hash, t.fee_recipient, t.tips, t.burned_fees, t.payment, t.payment_recipient, t.payment_hash, t.fees, t.mev, t.claim, t.difference, t.relays, t.phantom_claim, t.phantom_relays, t.slots_proposed, t.blocks_proposed, t.slots_missed, t.state, t.reason, t.mev_state, t.mev_reason, t.source_fetch, period_ended_at, month, validator_name, t.completeness, t.published_at, t.content_digest, t.lineage_digest, t.snapshot_id FROM canonical_execution_income t LEFT JOIN period_months m ON m.chain_id = t.chain_id AND m.epoch = t.epoch LEFT JOIN validator_names v ON v.chain_id = t.chain_id AND v.validator_key = t.validator_key;
COMMENT ON VIEW canonical_execution_income_named IS 'What each block paid its proposer, on chains where a block pays one: exactly one income per block. In force now, with month and names.';
COMMENT ON COLUMN canonical_execution_income_named.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_execution_income_named.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_execution_income_named.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_execution_income_named.row_kind IS 'SLOT: one slot that the validator had to propose a block in; VALIDATOR: all of its slots together.';
COMMENT ON COLUMN canonical_execution_income_named.slot IS 'The slot; the period''s first one on VALIDATOR rows.';
COMMENT ON COLUMN canonical_execution_income_named.kind IS 'How the block paid (SLOT rows): see the glossary. Null where that is not known.';
COMMENT ON COLUMN canonical_execution_income_named.block_number IS 'The execution block''s number; null where there is no block.';
COMMENT ON COLUMN canonical_execution_income_named.block_hash IS 'Its hash, as the beacon chain has it.';
COMMENT ON COLUMN canonical_execution_income_named.fee_recipient IS 'Who received the block''s tips.';
COMMENT ON COLUMN canonical_execution_income_named.tips IS 'What all transactions paid above the base fee, whoever received it.';
COMMENT ON COLUMN canonical_execution_income_named.burned_fees IS 'The base fees, which nobody received.';
COMMENT ON COLUMN canonical_execution_income_named.payment IS 'What was sent for the block beside tips.';
COMMENT ON COLUMN canonical_execution_income_named.payment_recipient IS 'To whom.';
COMMENT ON COLUMN canonical_execution_income_named.payment_hash IS 'In which transaction, the last of them.';
COMMENT ON COLUMN canonical_execution_income_named.fees IS 'The income that is EXEC_FEES.';
COMMENT ON COLUMN canonical_execution_income_named.mev IS 'The income that is MEV_TIPS. On SLOT rows one of the two is 0.';
COMMENT ON COLUMN canonical_execution_income_named.claim IS 'What relays say was paid for the block, the most of it: never a figure.';
COMMENT ON COLUMN canonical_execution_income_named.difference IS 'The income less the claim.';
COMMENT ON COLUMN canonical_execution_income_named.relays IS 'Who delivered the block, with | between them.';
COMMENT ON COLUMN canonical_execution_income_named.phantom_claim IS 'What relays claim of another block of the slot, which is not there.';
COMMENT ON COLUMN canonical_execution_income_named.phantom_relays IS 'Who claims that.';
COMMENT ON COLUMN canonical_execution_income_named.slots_proposed IS 'Slots it had to propose in (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_named.blocks_proposed IS 'Slots with a block of it (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_named.slots_missed IS 'Slots without (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_named.state IS 'How much is known of the row''s fees.';
COMMENT ON COLUMN canonical_execution_income_named.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income_named.mev_state IS 'How much is known of the row''s mev.';
COMMENT ON COLUMN canonical_execution_income_named.mev_reason IS 'The reason of mev_state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income_named.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_execution_income_named.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_execution_income_named.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_execution_income_named.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_execution_income_named.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_execution_income_named.published_at IS 'When the snapshot came into force.';
COMMENT ON COLUMN canonical_execution_income_named.content_digest IS 'Merkle root over the snapshot''s canonical rows.';
COMMENT ON COLUMN canonical_execution_income_named.lineage_digest IS 'H(content digest, layer version, inputs).';
COMMENT ON COLUMN canonical_execution_income_named.snapshot_id IS 'The snapshot the row is from.';
CREATE VIEW canonical_execution_income_in_coins AS SELECT t.chain_id, t.epoch, t.validator_key, t.row_kind, t.slot, t.kind, t.block_number, t.block_hash, t.fee_recipient, (t.tips * c.coin) AS tips, (t.burned_fees * c.coin) AS burned_fees, (t.payment * c.coin) AS payment, t.payment_recipient, t.payment_hash, (t.fees * c.coin) AS fees, (t.mev * c.coin) AS mev, (t.claim * c.coin) AS claim, (t.difference * c.coin) AS difference, t.relays, (t.phantom_claim * c.coin) AS phantom_claim, t.phantom_relays, t.slots_proposed, t.blocks_proposed, t.slots_missed, t.state, t.reason, t.mev_state, t.mev_reason, t.source_fetch, t.period_ended_at, t.month, t.validator_name, t.completeness, t.published_at FROM canonical_execution_income_named t JOIN (SELECT chain_id, ('1e-' || native_decimals)::numeric AS coin FROM chains) c ON c.chain_id = t.chain_id;
COMMENT ON VIEW canonical_execution_income_in_coins IS 'The same in whole coins, for display only.';
COMMENT ON COLUMN canonical_execution_income_in_coins.chain_id IS 'The chain, as named in chains.yaml.';
COMMENT ON COLUMN canonical_execution_income_in_coins.epoch IS 'The period''s number on its chain (an epoch, or the first epoch of a window).';
COMMENT ON COLUMN canonical_execution_income_in_coins.validator_key IS 'The validator''s stable key, as its chain names it.';
COMMENT ON COLUMN canonical_execution_income_in_coins.row_kind IS 'SLOT: one slot that the validator had to propose a block in; VALIDATOR: all of its slots together.';
COMMENT ON COLUMN canonical_execution_income_in_coins.slot IS 'The slot; the period''s first one on VALIDATOR rows.';
COMMENT ON COLUMN canonical_execution_income_in_coins.kind IS 'How the block paid (SLOT rows): see the glossary. Null where that is not known.';
COMMENT ON COLUMN canonical_execution_income_in_coins.block_number IS 'The execution block''s number; null where there is no block.';
COMMENT ON COLUMN canonical_execution_income_in_coins.block_hash IS 'Its hash, as the beacon chain has it.';
COMMENT ON COLUMN canonical_execution_income_in_coins.fee_recipient IS 'Who received the block''s tips.';
COMMENT ON COLUMN canonical_execution_income_in_coins.tips IS 'What all transactions paid above the base fee, whoever received it. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.burned_fees IS 'The base fees, which nobody received. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.payment IS 'What was sent for the block beside tips. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.payment_recipient IS 'To whom.';
COMMENT ON COLUMN canonical_execution_income_in_coins.payment_hash IS 'In which transaction, the last of them.';
COMMENT ON COLUMN canonical_execution_income_in_coins.fees IS 'The income that is EXEC_FEES. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.mev IS 'The income that is MEV_TIPS. On SLOT rows one of the two is 0. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.claim IS 'What relays say was paid for the block, the most of it: never a figure. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.difference IS 'The income less the claim. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.relays IS 'Who delivered the block, with | between them.';
COMMENT ON COLUMN canonical_execution_income_in_coins.phantom_claim IS 'What relays claim of another block of the slot, which is not there. In whole coins.';
COMMENT ON COLUMN canonical_execution_income_in_coins.phantom_relays IS 'Who claims that.';
COMMENT ON COLUMN canonical_execution_income_in_coins.slots_proposed IS 'Slots it had to propose in (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_in_coins.blocks_proposed IS 'Slots with a block of it (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_in_coins.slots_missed IS 'Slots without (VALIDATOR rows).';
COMMENT ON COLUMN canonical_execution_income_in_coins.state IS 'How much is known of the row''s fees.';
COMMENT ON COLUMN canonical_execution_income_in_coins.reason IS 'The reason of the state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income_in_coins.mev_state IS 'How much is known of the row''s mev.';
COMMENT ON COLUMN canonical_execution_income_in_coins.mev_reason IS 'The reason of mev_state; null where there is nothing to explain.';
COMMENT ON COLUMN canonical_execution_income_in_coins.source_fetch IS 'The staging fetch the row was read from; the lineage digest commits to its responses.';
COMMENT ON COLUMN canonical_execution_income_in_coins.period_ended_at IS 'When the period ended (excluded).';
COMMENT ON COLUMN canonical_execution_income_in_coins.month IS 'The calendar month in UTC of the period''s last instant, like 2026-08.';
COMMENT ON COLUMN canonical_execution_income_in_coins.validator_name IS 'The validator''s newest name in the operator''s list; null: none, or no single validator.';
COMMENT ON COLUMN canonical_execution_income_in_coins.completeness IS 'FINAL: every figure of the snapshot is final; else PARTIAL.';
COMMENT ON COLUMN canonical_execution_income_in_coins.published_at IS 'When the snapshot came into force.';

ALTER VIEW canonical_execution_income SET (security_invoker = true);
ALTER VIEW canonical_execution_income_named SET (security_invoker = true);
ALTER VIEW canonical_execution_income_in_coins SET (security_invoker = true);
ALTER FUNCTION canonical_execution_income_as_of SET search_path = pg_catalog, public, pg_temp;
