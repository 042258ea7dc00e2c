"""What people and machines ask for: status, figures, what is next, what changed.

Belongs here: plain functions that return dataclasses: the terminal prints them, JSON carries them.
Does not: printing, Dagster, and rules about money.
"""
