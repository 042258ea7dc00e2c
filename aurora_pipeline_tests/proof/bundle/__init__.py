"""Bundles: what they hold, what verifies them, and every way to tamper with one."""
