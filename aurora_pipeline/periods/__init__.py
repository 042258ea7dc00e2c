"""What a period is: its key, its bounds, when it is final, and the partitions of all chains.

Belongs here: finding finalized periods and recording their bounds, once.
Does not: what happened in a period (staging/ and all rooms after it).
"""
