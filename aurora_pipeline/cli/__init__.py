"""The terminal: read the command, call, show.

Belongs here: options, tables, sentences, exit codes, and the shapes of --json.
Does not: computing or recording anything: that is in work/ and the rooms below.
"""
