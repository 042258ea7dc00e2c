"""Who acts: the person behind a command."""

from __future__ import annotations

import getpass


def actor() -> str:
    """Who acts, for the record: the operating system's user name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
