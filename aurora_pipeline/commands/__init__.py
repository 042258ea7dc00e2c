"""The command line, one module per group of commands; each is thin: read arguments, call, print."""
