"""The newcomer's own PostgreSQL: made, started, adopted, stopped; production names a server of its own instead."""
