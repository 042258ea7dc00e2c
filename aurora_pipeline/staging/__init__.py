"""Executes the fetch plans and keeps every byte: what to ask whom, what was observed in time, what is still missing."""
