"""A Solana node's JSON-RPC: blocks, leader schedules, rewards, stake and vote accounts.

Belongs here: what a node is asked, and the chain's own rules by which its answers become figures.
Does not: Other APIs about Solana; they have folders of their own.
"""
