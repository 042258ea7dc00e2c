"""The hash-chained log of every decision: who changed what, when and why, and the proof that nobody changed the log."""
