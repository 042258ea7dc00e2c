"""The steps of a statement's life, one file each: why one is refused, in plain words, and its record.

Belongs here: guards in words, and writing the rows of a step with their entry in the log.
Does not: what a statement says, and what the database refuses by itself (statements/); asking people (cli/).
"""
