"""The errors Aurora shows to people: what is wrong, where, and what to do about it; each has a code for programs.

Every error is of a class of its own whose `code` stays, however its sentence is worded: docs/errors.md lists them.
What several rooms refuse stands here; the rest in the `errors.py` of the room that knows of it, or beside what raises
it. A class is of one of seven kinds, by which an exit code or an HTTP status is chosen without knowing the class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final, TypeVar

from aurora_pipeline.foundation.mistakes import Mistake, counted, in_order, listing
from aurora_pipeline.foundation.printable import printable

CHECK_FAILED: Final = 1
BAD_INPUT: Final = 2
TRY_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h, by which mail and cron tell what may pass by itself from what somebody has to correct."""


Kind = TypeVar("Kind", bound="AuroraError")


class AuroraError(Exception):
    """A problem a person can act on; the command line prints it without a traceback and exits with its exit code."""

    exit_code: ClassVar[int] = BAD_INPUT
    kind: ClassVar[str] = "bad_input"
    code: ClassVar[str]
    """What a program knows it by: short words with hyphens. It never changes."""
    what_to_do: ClassVar[str]
    """What helps in general; `remedy` says what helps in this case."""
    mistakes: tuple[Mistake, ...] = ()
    """Each mistake of a file or command, where it is about some: the message tells the first ones."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        self.message = printable(message)
        self.remedy = None if remedy is None else printable(remedy)
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message if self.remedy is None else f"{self.message}\n  -> {self.remedy}"


class NotThere(AuroraError):
    """What was asked for is not there."""

    kind = "not_found"


class Conflict(AuroraError):
    """As things stand this cannot be done; it may be once something else has happened."""

    kind = "conflict"


class NotAllowed(AuroraError):
    """This person may not do this."""

    kind = "not_allowed"


class Misconfigured(AuroraError):
    """The installation, its configuration or the machine has to be put right."""

    kind = "misconfigured"


class CheckFailed(AuroraError):
    """A check on data or a proof did not hold; nothing was published."""

    exit_code = CHECK_FAILED
    kind = "check_failed"


class Outage(AuroraError):
    """What Aurora needs is away and may come back: a database, a provider, room on a disk. The same again may work."""

    exit_code = TRY_AGAIN
    kind = "try_again"


KINDS: Final = (AuroraError, NotThere, Conflict, NotAllowed, Misconfigured, CheckFailed, Outage)
"""What an error can be of; only classes below them, which have a code, are raised."""


def coded(kind: type[Kind]) -> Iterator[type[Kind]]:
    """The classes of a kind that are raised, of every module that was imported."""
    for one in kind.__subclasses__():
        if one not in KINDS:
            yield one
        yield from coded(one)


class NotUnderstood(AuroraError):
    """A word of a command is not in the form it needs."""

    code = "value-not-understood"
    what_to_do = "Write it in the form that the message shows."


class PeriodNotUnderstood(AuroraError):
    """A text names no epoch, month or period."""

    code = "period-not-understood"
    what_to_do = (
        "Write an epoch like 850, a range like 850..855, a month like 2026-03 or a key like solana-mainnet:0000850."
    )


class DayNotUnderstood(AuroraError):
    """A text is no day or moment, or one that cannot be meant."""

    code = "day-not-understood"
    what_to_do = "Write 2026-09-01 (00:00 UTC) or 2026-09-01T12:00:00Z."


class RangeBackwards(AuroraError):
    """A range ends before it begins."""

    code = "range-backwards"
    what_to_do = "Give the earlier end first."


class NotUtf8(AuroraError):
    """A text that was typed is not UTF-8."""

    code = "text-not-utf8"
    what_to_do = "Type it in UTF-8; rename a file whose name is not."


class TextRefused(AuroraError):
    """A name or a reason cannot be recorded as it is written."""

    code = "text-refused"
    what_to_do = "Give one line of printable characters, not longer than the message says."


class IdUnknown(NotThere):
    """Nothing has an id that begins as the one that was given."""

    code = "id-unknown"
    what_to_do = "Take the id from the list that the message names."


class IdAmbiguous(AuroraError):
    """The beginning of an id fits several things, or none where one is needed."""

    code = "id-ambiguous"
    what_to_do = "Give more of the id; the message shows what it fits."


class FileUnreadable(AuroraError):
    """A file cannot be read, or is larger than such a file may be."""

    code = "file-unreadable"
    what_to_do = "Check the path and who may read it, and save text as UTF-8."


class FileUnwritable(AuroraError):
    """A file cannot be written where it was asked for."""

    code = "file-unwritable"
    what_to_do = "Choose a place that you may write to."


class FolderUnusable(Misconfigured):
    """A folder that is needed cannot be made or used."""

    code = "folder-unusable"
    what_to_do = "Make room for it, give it to the user who runs Aurora, or name another one."


class ImportRefused(AuroraError):
    """A file to be imported has mistakes; nothing was imported."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = in_order(mistakes)
        heading = f"{counted(self.mistakes)}, nothing was imported"
        super().__init__(f"{heading}:\n{listing(self.mistakes)}", "correct the file and repeat")

    code = "import-has-mistakes"
    what_to_do = "Correct every line that is listed and repeat the command."


class SettingRefused(Misconfigured):
    """A variable of the environment has a value that cannot be used."""

    code = "setting-refused"
    what_to_do = "Correct it as the message says, in the environment or the file .env."


class PeriodsMovedOut(Conflict):
    """The rows of a period were moved out of the database, into an archive. Nothing was read or written."""

    code = "periods-moved-out"
    what_to_do = "Bring them back: `aurora archives attach CHAIN EPOCH`."


class NoRoomOnDisk(Outage):
    """There is no room left on a disk. Nothing is half written."""

    code = "disk-full"
    what_to_do = "Free some space there and repeat the command."


class DiskReadOnly(Misconfigured):
    """A disk can only be read. Nothing is half written."""

    code = "disk-read-only"
    what_to_do = "Have it made writable, or set AURORA_HOME to a place on another one."


class DatabaseFull(Outage):
    """The disk of the database is full. Nothing is half written."""

    code = "database-full"
    what_to_do = "Free some space there and repeat the command."


class DatabaseInterrupted(Outage):
    """The database broke off what was asked of it, mostly for something else that ran at the same time."""

    code = "database-interrupted"
    what_to_do = "Repeat the command."


class DatabaseLost(Outage):
    """The database went away while it was needed. Nothing is half written."""

    code = "database-lost"
    what_to_do = "Repeat the command once it is up again."


class DatabaseReadOnly(Misconfigured):
    """The database takes no writes: it is a standby, or closed to writing."""

    code = "database-read-only"
    what_to_do = "Run the command against the database that takes writes."


class DatabaseDamaged(CheckFailed):
    """Pages of the database cannot be read any more: its disk or file system is damaged."""

    code = "database-damaged"
    what_to_do = (
        "Stop using it, save what is there, restore the newest backup elsewhere, and compare: docs/operations.md."
    )
