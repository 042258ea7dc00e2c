"""Statements: what each partner is owed for an epoch, over the lines it can check."""
