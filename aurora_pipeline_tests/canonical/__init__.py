"""Tests of the canonical layer."""
