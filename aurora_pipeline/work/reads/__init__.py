"""Reads: what somebody can look up, each as a frozen dataclass and the function that finds it.

Belongs here: dataclasses whose fields are the names in JSON, and how each is filled; faces show them as they are.
Does not: parsing what was typed, printing, and deciding anything.
"""
