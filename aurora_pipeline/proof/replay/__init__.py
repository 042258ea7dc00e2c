"""Replay: a period computed again, layer upon layer, on a server of its own, and compared with what is in force.

Belongs here: the scratch server, what is copied into it, and what explains each difference.
Does not: recomputing hashes of what is recorded (proof/); writing anything where the figures are.
"""
