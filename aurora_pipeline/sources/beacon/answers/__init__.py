"""Reading a beacon node's answers: one module per family of endpoints.

Belongs here: turning bytes into typed values, and refusing what is not what was asked for.
Does not: what the values mean for anybody's income.
"""
