"""The data API of MEV relays: which blocks they delivered, and what they claim was paid for them.

Belongs here: what a relay is asked, and how its lists are read page by page.
Does not: what the chain really paid; that is read from the execution node.
"""
