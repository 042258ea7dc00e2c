"""beaconcha.in, version 2 of its API: what blocks paid their proposers, as an explorer has it. For comparisons.

Belongs here: what it is asked about blocks, and how its answers are read.
Does not: which blocks are whose; that is read from the beacon node.
"""
