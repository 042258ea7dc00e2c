"""A beacon node (beacon-APIs): the chain's time, its blocks, and what validators have and earned.

Belongs here: what this API is asked, says and means, with the differences between its clients.
Does not: what blocks earned on the execution layer (sources/evm, sources/relays).
"""
