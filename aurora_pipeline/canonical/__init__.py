"""From staged bytes to rows per validator: one module per data type, whatever provider told it.

Belongs here: which figure counts, in which state and why; a missing figure has a row too.
Does not: reading the answers of one API (sources/); adding figures up (pnl/).
"""
