"""Validator P&L: components and costs joined per validator and period, with what is missing carried along.

Belongs here: sums and states of one validator in one period.
Does not: who is paid what of it (commissions/); where a figure comes from (canonical/).
"""
