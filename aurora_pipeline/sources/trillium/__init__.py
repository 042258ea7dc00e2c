"""Trillium's per-epoch figures."""
