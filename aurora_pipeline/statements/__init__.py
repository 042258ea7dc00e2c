"""Statements: what each partner is owed for a period, over the lines that it can check.

Belongs here: adding up published lines per partner, and what holds a statement back.
Does not: changing a line (commissions/); printing a statement (cli/).
"""
