"""Conservation: parts sum to their component, lines to their parts and their rule; one rule, one file.

Belongs here: rules that look at finished lines, rule results and allocation.
Does not: computing any of them, which is the business of commissions/.
"""
