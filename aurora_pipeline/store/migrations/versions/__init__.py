"""One module per migration; the SQL in it is frozen."""
