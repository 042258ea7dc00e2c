"""The terminal: read the command, call, show.

Belongs here: options, layout and exit codes.
Does not: computing or recording anything: that is in work/ and the rooms below.
"""
