"""Who decided what, when and why: the hash-chained log, the one recorder, revisions, people and what each may do.

Every table of decisions is written through the recorder. What is decided belongs to the room it is about.
"""
