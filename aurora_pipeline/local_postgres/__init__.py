"""A newcomer's own PostgreSQL: made, started, found again, stopped.

Belongs here: running the server that comes with the Python packages. Production names a server of its own instead.
Does not: tables, migrations and queries (store/).
"""
