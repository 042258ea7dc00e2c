"""Stakewiz' directory of validators."""
