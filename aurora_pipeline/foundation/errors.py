"""The errors Aurora shows to people: what is wrong, where, and what to do about it."""

from __future__ import annotations


class AuroraError(Exception):
    """A problem a person can act on; the command line prints it without a traceback and exits with 2."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  -> {self.remedy}"


class CheckFailed(AuroraError):
    """A check on data or a proof did not hold; nothing was published. The command line exits with 1."""
