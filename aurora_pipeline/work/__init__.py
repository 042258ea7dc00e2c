"""What people and machines ask for: status, reads, what is next; plain functions that return dataclasses.

The terminal prints them, JSON serialises them, an API will serve them. No Dagster here, and nothing that prints.
"""
