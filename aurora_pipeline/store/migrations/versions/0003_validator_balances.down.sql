-- Takes back what the way up made.

DROP VIEW canonical_validator_balances_in_coins;
DROP VIEW canonical_validator_balances_named;
DROP FUNCTION canonical_validator_balances_as_of(timestamptz, text, bigint, bigint);
DROP VIEW canonical_validator_balances;
DROP TABLE layers.canonical_validator_balances;
