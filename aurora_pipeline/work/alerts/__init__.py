"""Alerts: telling people what needs one, each cause once, and once that it is over.

Belongs here: who is told and how it is said, sending it, and what was told already.
Does not: judging what needs a person (work/attention.py), and when to look (orchestration/).
"""
