"""The gate: what a rule is, what it finds, and the rules that every layer's rows have to keep.

Belongs here: the kinds GateRule and Violation, how rules are asked, and those that hold for the rows of any table.
Does not: what the rows of one layer have to add up to; a room's own rules stand in that room.
"""
