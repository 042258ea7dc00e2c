"""What the operator runs and enters: validators, its own wallets, costs; each a dated decision.

Belongs here: reading these from CSV, recording them, and which of them hold at an instant.
Does not: partners and their wallets (agreements/); what a chain says of a validator (canonical/).
"""
