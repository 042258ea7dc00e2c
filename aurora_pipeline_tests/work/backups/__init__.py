"""Backups of a populated database, of Aurora's own server and of somebody else's."""
