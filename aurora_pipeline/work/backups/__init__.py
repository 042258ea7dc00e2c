"""Backups: everything an instance has, taken at one instant, checked by digests, and put back where nothing is.

Belongs here: what a backup holds, its manifest, making one and restoring it.
Does not: running PostgreSQL's programs (local_postgres/), and verifying figures (proof/).
"""
