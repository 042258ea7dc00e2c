"""A deterministic chain of Ethereum's protocol, and how its beacon node, execution node and relays tell of it.

Belongs here: what the chain did, its truth to the gwei and wei, the answers of its nodes and of two relays.
Does not: the HTTP server and its faults, and what the demo's operator and partners do about it.
"""
