"""The errors Aurora shows to people: what is wrong, where, and what to do about it; each knows its exit code."""

from __future__ import annotations

from typing import ClassVar, Final

from aurora_pipeline.foundation.printable import printable

CHECK_FAILED: Final = 1
BAD_INPUT: Final = 2
TRY_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h, by which mail and cron tell what may pass by itself from what somebody has to correct."""


class AuroraError(Exception):
    """A problem a person can act on; the command line prints it without a traceback and exits with its code."""

    exit_code: ClassVar[int] = BAD_INPUT

    def __init__(self, message: str, remedy: str | None = None) -> None:
        self.message = printable(message)
        self.remedy = None if remedy is None else printable(remedy)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  -> {self.remedy}"


class CheckFailed(AuroraError):
    """A check on data or a proof did not hold; nothing was published."""

    exit_code = CHECK_FAILED


class Outage(AuroraError):
    """What Aurora needs is away and may come back: a database, a provider, room on a disk. The same again may work."""

    exit_code = TRY_AGAIN
