"""A Solana node's JSON-RPC: blocks, leader schedules, rewards, stake and vote accounts."""
