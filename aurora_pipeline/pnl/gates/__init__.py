"""What lines of P&L have to keep before anyone may rely on them: one rule, one file.

Belongs here: rules that look at finished rows of validator_pnl.
Does not: computing them, which is compute's business in pnl/.
"""
