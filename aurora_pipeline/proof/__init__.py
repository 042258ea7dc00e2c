"""Proof: a figure followed down to the bytes it came from; everything recorded computed again and compared.

Belongs here: reading and judging what is recorded. It trusts nothing that it can compute itself.
Does not: writing or repairing anything.
"""
