"""Metrics: numbers about the instance for Prometheus, read anew for every scrape.

Belongs here: what is measured, from which tables, under which name, and serving it.
Does not: judging what needs a person (work/attention.py), and figures of validators and partners: they are money.
"""
