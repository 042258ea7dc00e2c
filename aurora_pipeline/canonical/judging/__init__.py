"""What the canonical layers are worth: how complete they are, what other providers say.

Belongs here: comparing and counting what is published.
Does not: changing a figure: a difference is shown, never corrected.
"""
