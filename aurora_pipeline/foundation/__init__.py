"""The ground floor: errors, money, keys, addresses, text that people give, the log.

Belongs here: what every room may need and what knows nothing of them: plain values and checks of them.
Does not: a database, a provider, Dagster; a helper that only one room needs (it stays in that room).
"""
