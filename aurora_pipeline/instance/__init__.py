"""One opened Aurora: the folder it lives in, its configuration and its database."""
