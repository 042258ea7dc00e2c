"""The ground floor: errors, money, keys, addresses, text in, the log; no database, no provider, no Dagster."""
