"""A simulated chain behind a real HTTP server that speaks the providers' APIs, and the story told on it.

Belongs here: what the simulator did, how its APIs answer, its faults, its agreements.
Does not: code that production needs: nothing but the terminal imports this room.
"""
