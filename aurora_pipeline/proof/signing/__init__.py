"""Signing: what is recorded becomes evidence and leaves of one log, whose heads are signed and looked at again.

Belongs here: what evidence holds, when a checkpoint is due, and whether log and evidence are those of the records.
Does not: the log's own arithmetic, notes and keys (signed_log/), what a stranger is shown of it (proof/bundle/).
"""
