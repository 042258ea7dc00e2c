"""Trillium's figures per epoch and validator, and how they are known to differ from the chain's.

Belongs here: what this API is asked, says and means.
Does not: the cross-check itself (canonical/judging/).
"""
