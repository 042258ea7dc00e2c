"""Partners and their agreements: immutable numbered versions of ordered rules, status events, and what is in force."""
