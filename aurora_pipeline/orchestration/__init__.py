"""What Dagster sees: assets, checks, jobs, sensors and definitions.

Belongs here: thin wrappers: load, call, show; when something runs, and what the UI shows of it.
Does not: a rule about money or data: it must be found, and tested, without Dagster.
"""
