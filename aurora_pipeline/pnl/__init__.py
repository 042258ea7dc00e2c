"""Validator P&L: components and costs joined per validator and period, with what is missing carried along."""
