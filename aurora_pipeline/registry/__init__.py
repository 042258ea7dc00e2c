"""What the operator runs and enters: validators, its own wallets, costs; all of it dated decisions."""
