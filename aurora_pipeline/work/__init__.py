"""What people and machines ask for: backfill, recompute, what is next, status, reads.

Belongs here: plain functions that return dataclasses: the terminal prints them, JSON carries them; runs are handed in.
Does not: printing, Dagster, and rules about money.
"""
