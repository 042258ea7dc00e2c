"""The one log over all that was published and decided: its leaves, its checkpoints, and the keys that sign them.

Belongs here: RFC 6962 leaves in order, C2SP notes, checkpoints and proofs, and the key outside the database.
Does not: judging whether records hold; proof/ compares the log with them, and what others keep with the log.
"""
