"""One folder per API: what it is asked, how it is read, what it tells; canonical layers judge and join."""
