"""A real HTTP server that misbehaves on order, for the ways providers fail."""
