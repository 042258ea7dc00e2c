"""Who decided what, when and why: the log in a chain of hashes, the one recorder, revisions, people.

Belongs here: how any decision is recorded and found again. Every table of decisions is written through the recorder.
Does not: what is decided: that belongs to the room it is about (registry/, agreements/).
"""
