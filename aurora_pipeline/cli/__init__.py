"""The terminal: read the command, call, show.

Belongs here: options, tables, sentences and exit codes.
Does not: computing or recording anything: that is in work/ and the rooms below.
"""
