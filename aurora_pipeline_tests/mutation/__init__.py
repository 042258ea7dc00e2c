"""Mutation testing: money code is changed in one place at a time, and the tests of its room have to notice.

`make mutate` runs it; CONTRIBUTING.md says how to read what it finds.
"""
