"""What rows of canonical layers have to keep before anyone may rely on them: one rule, one file.

Belongs here: rules that look at finished canonical rows, and those that any layer of validators has.
Does not: how figures are judged while rows are made; rules of one later layer stand in the room of that layer.
"""
