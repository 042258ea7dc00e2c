"""Tests of the commissions room."""
