"""Verifying: everything that is recorded is computed again and compared, and what does not hold is named.

Belongs here: one file for each kind of record, what it rests on, and the order in which all are looked at.
Does not: computing a period again with the code at hand (proof/replay/), repairing anything.
"""
