"""Proof: a figure traced to the bytes it came from, and everything recorded recomputed from these bytes up."""
