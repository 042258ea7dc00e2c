"""What Aurora costs, measured: run with `make bench`."""
