"""A whole small Ethereum chain with traps, and what every validator earned on it: data/ holds its answers as they came.

64 validators, 16 epochs of 8 slots of 6 seconds (minimal preset, Electra from the start), two relays. In it: missed
slots (11, 12, 33, 65), a slashing, an exit, withdrawals, a compounding validator of 2048 ETH (51), a relay payment that
is half of what was claimed (slot 46), one that is not there (61), and a relay's row of a slot without a block (33).
`expected_*.csv` say what comes out, to the gwei and the wei; windows are counted by credit epochs 2..14.
"""
