"""Who may read and write what in the database: declared once, granted by it, and looked at again when Aurora starts.

Belongs here: roles, what each is granted, which rows each sees, logins, and the page and checks made from that.
Does not: who decided what, which is decisions/; what a statement's steps need, which the room statements/ says in SQL.
"""
