"""The steps of a statement's life, one file each: they say plainly why a step is refused, and record it in one go.

What is refused here the database refuses too, whoever asks it.
"""
