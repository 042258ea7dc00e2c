"""Archives: old ranges of evidence as Parquet files in a folder or on object storage, checked, and brought back.

Belongs here: which ranges there are, what an archive holds, writing, checking and reading one.
Does not: how tables are cut into ranges (store/ranges.py), and copies of a whole instance (work/backups/).
"""
