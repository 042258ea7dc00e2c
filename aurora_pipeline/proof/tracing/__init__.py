"""Tracing: a figure followed down to the bytes it came from, as a tree of figures, inputs and fetches.

Belongs here: finding what is traced, the nodes of the tree, and reading what they show.
Does not: judging whether any of it holds (proof/verifying/), drawing the tree (cli/).
"""
