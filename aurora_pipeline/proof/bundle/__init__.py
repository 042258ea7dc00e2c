"""Bundles: a statement with all that proves it, in a folder that needs no database, and the verifier in it.

Belongs here: what a bundle shows and hides, its files and manifest, `verify.py`, which shares no code with all else.
Does not: computing evidence and digests of what is stored (proof/), signing the log (signed_log/), commands (cli/).
"""
