"""Asking what is needed and keeping every byte: plans, runs, samples, what is still missing.

Belongs here: which provider is asked for what, what came, in which state, and when to ask again.
Does not: how one API is asked (sources/); what the bytes mean (canonical/).
"""
