"""Judging the canonical layers in force: how complete they are, and what other providers say of the same figures."""
