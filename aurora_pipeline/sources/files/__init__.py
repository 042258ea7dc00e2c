"""The operator's own files: CSV and XLSX, read by the mapping of providers.yaml.

Belongs here: cells, columns and rows of such files, and what is wrong in them.
Does not: CSV files that are imported once as decisions (registry/, agreements/).
"""
