"""The command line, run as a person runs it, on a database of the test's own."""
