"""Stakewiz' directory of validators: names and commissions as they are now.

Belongs here: what this API is asked, says and means.
Does not: money: it tells none that counts.
"""
