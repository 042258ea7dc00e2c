"""Parsing and normalising: one pure function per provider and data type turns staged bytes into canonical rows."""
