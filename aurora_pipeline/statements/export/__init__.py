"""Statements on paper: one PDF is the pages people read and, attached, the data and proof that machines check.

Belongs here: what stands where on the pages, and making the same bytes of the same content.
Does not: finding a statement (statements/); the files of a bundle (proof/); asking people (cli/).
"""
