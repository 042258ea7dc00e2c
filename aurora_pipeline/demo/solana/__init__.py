"""A deterministic chain of Solana's protocol, and how its node and third parties tell of it.

Belongs here: what the chain did, its truth, the answers of its RPC node, of Kobe, Stakewiz, Trillium and Solana Beach.
Does not: the HTTP server and its faults, and what the demo's operator and partners do about it.
"""
