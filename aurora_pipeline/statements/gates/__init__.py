"""What statements have to keep before anyone may rely on them: one rule, one file.

Belongs here: rules that look at finished statements and their entries.
Does not: the steps of statements, which the database guards; computing them, which is the business of statements/.
"""
