"""Validator P&L: components and costs joined per validator and period, with what is missing carried along.

Belongs here: sums and states of one validator in one period, and which cost reduces which component.
Does not: who is paid what of it (commissions/); where a figure comes from (canonical/).
"""
