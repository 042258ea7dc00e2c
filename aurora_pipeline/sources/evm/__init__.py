"""An execution node's JSON-RPC: blocks and receipts, and what they paid to whom.

Belongs here: what such a node is asked, and the rules by which receipts become tips and payments.
Does not: who proposed a block, and whose address was paid (canonical/); the node of the beacon chain.
"""
