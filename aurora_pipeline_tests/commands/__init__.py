"""Tests of the command line, as people use it."""
