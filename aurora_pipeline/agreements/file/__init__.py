"""The agreements file that people write: its format, its JSON Schema, and what its entries mean as values.

Belongs here: reading the YAML, and naming each mistake by its line.
Does not: recording anything (agreements/apply.py).
"""
