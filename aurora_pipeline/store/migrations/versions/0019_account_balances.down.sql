-- Takes back what the way up made.

DROP VIEW canonical_account_balances_in_coins;
DROP VIEW canonical_account_balances_named;
DROP FUNCTION canonical_account_balances_as_of(timestamptz, text, bigint, bigint);
DROP VIEW canonical_account_balances;
DROP TABLE layers.canonical_account_balances;
