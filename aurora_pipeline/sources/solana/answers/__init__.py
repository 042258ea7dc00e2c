"""Reading what a node answers: pure functions from stored bytes to exact, typed values.

Belongs here: a reader per kind of answer; it is given the provider's name, and refuses what was not asked.
Does not: what several answers say together, and which figures follow from them.
"""
