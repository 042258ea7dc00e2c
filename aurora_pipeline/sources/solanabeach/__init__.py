"""Solana Beach's API: block fees, active stake and stake accounts per validator.

Belongs here: what this API is asked, says and means.
Does not: the chain's own rules (sources/solana/).
"""
