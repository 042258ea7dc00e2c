"""What Dagster sees: assets, checks, jobs, sensors and definitions.

Belongs here: thin wrappers of what layers.py lists: load, call, show; when something runs, and what the UI shows.
Does not: a rule about money or data: it must be found, and tested, without Dagster.
"""
