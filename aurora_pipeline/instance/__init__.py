"""One opened Aurora: the folder it lives in, its configuration and its database.

Belongs here: finding, opening and closing these, and showing the configured chains and providers in tables.
Does not: what is done with an opened Aurora.
"""
