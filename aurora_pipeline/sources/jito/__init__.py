"""The tip trees of Jito's Kobe API."""
