"""Jito's Kobe API: the tip trees of an epoch, and priority fees shared with stakers.

Belongs here: what this API is asked, says and means.
Does not: tips as other APIs state them.
"""
