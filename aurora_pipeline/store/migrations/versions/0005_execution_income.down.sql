DROP TABLE layers.canonical_execution_income CASCADE;

DROP TABLE fee_recipients CASCADE;

-- Refused while a row says PAYMENTS: the older schema has no word for it.
ALTER TABLE layers.canonical_validator_mev DROP CONSTRAINT canonical_validator_mev_method_check;
ALTER TABLE layers.canonical_validator_mev ADD CONSTRAINT canonical_validator_mev_method_check
    CHECK (method IN ('NODE', 'FORMULA', 'NOT_PARTICIPATING'));

COMMENT ON COLUMN layers.canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';

COMMENT ON COLUMN canonical_validator_mev.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';

COMMENT ON COLUMN canonical_validator_mev_named.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';

COMMENT ON COLUMN canonical_validator_mev_in_coins.method IS 'NODE: the validator''s own node in the tip tree; FORMULA: computed, because the node was not to be had; NOT_PARTICIPATING: no MEV client, nothing earned.';
