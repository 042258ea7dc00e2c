"""Statements: what each partner is owed, from the opening to the closing balance, and who decided what about it.

Belongs here: adding up lines per partner, balances, adjustments of what was stated, and the life of a statement.
Does not: changing a line (commissions/); printing a statement (cli/).
"""
