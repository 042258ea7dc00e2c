"""Partners and what was agreed with them: versions of rules, status, wallets, overrides.

Belongs here: reading, checking and recording terms, what is in force at an instant, and what a change would touch.
Does not: computing with terms (commissions/).
"""
