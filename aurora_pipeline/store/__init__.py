"""The system of record: tables declared once, migrations, snapshots, payloads, digests, reading and writing.

Belongs here: how rows of any layer are written, checked, published, committed to and read again.
Does not: what a layer's rows mean, or where they come from; a table of one room is declared in that room's tables.py.
"""
