"""Tests of validator P&L."""
