"""The line to any provider: how it is asked, within which limits, how its bytes are recorded."""
