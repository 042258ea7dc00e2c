"""What is said when the ground gives way: a database that is lost or read-only, a disk that is full.

Drivers, Dagster and Python each wrap such a fault in errors of their own; here it is found among them and worded.
Errors of database drivers are known by their SQLSTATE, whichever driver it was.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from typing import Final

from aurora_pipeline.foundation.errors import (
    AuroraError,
    DatabaseDamaged,
    DatabaseFull,
    DatabaseInterrupted,
    DatabaseLost,
    DatabaseReadOnly,
    DiskReadOnly,
    NoRoomOnDisk,
    Outage,
    PeriodsMovedOut,
    coded,
)

_STANDS: Final = "nothing is half written, and what was published before stands"
_DRIVERS: Final = ("psycopg", "psycopg2")
_LOST_CLASSES: Final = ("OperationalError", "InterfaceError", "DatabaseError", "ConnectionTimeout")
"""Of errors without an SQLSTATE: these tell that the line to the server is broken."""
_READ_ONLY, _DISK_FULL, _OVERTAKEN = "25006", "53100", ("40001", "40P01", "55P03", "57014")
_MOVED_OUT: Final = "AU002"
"""Aurora's own: see `store/ranges.py`."""
_DAMAGED: Final = ("XX001", "XX002")
_AWAY: Final = ("08", "25P03", "25P04", "53", "57", "58")
"""Beginnings of what a server says that goes away, recovers, ends a session, or has no more to give."""
_ERRNO: Final = re.compile(r"\[Errno ([0-9]+)\]")
_WRAPPER: Final = re.compile(r"\A\(psycopg2?\.[\w.]+\) ")
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def explained(error: BaseException) -> AuroraError | None:
    """The fault under an error as it is told to people; None where the error is about something else."""
    for one in _wrapped(error):
        told = _explained_alone(one)
        if told is not None:
            return told
    return None


def named(kind: str, said: str) -> AuroraError | None:
    """As `explained`, of an error of which only its class's name and its words are left."""
    import psycopg

    words = said.partition(": ")[2] or said
    outage = next((one for one in coded(Outage) if one.__name__ == kind), None)
    if outage is not None:
        return outage(words)
    if kind == OSError.__name__:
        number = _ERRNO.match(words)
        return _of_files(OSError(int(number.group(1)), words)) if number else None
    # Both drivers name their errors alike, after the SQL standard's conditions.
    driver = getattr(psycopg.errors, kind, None)
    return _of_database(driver(words)) if isinstance(driver, type) and issubclass(driver, psycopg.Error) else None


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """An error and all it wraps, came from or was raised beside, the outermost first."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, None if one.__suppress_context__ else one.__context__, getattr(one, "orig", None)]
        left += [other for other in inner if isinstance(other, BaseException)]
        left += one.exceptions if isinstance(one, BaseExceptionGroup) else ()


def _explained_alone(error: BaseException) -> AuroraError | None:
    if isinstance(error, Outage):
        return error
    if isinstance(error, OSError):
        return _of_files(error)
    if any(kind.__module__.partition(".")[0] in _DRIVERS for kind in type(error).__mro__):
        return _of_database(error)
    return None


def _of_files(error: OSError) -> AuroraError | None:
    where = f" for {os.fsdecode(error.filename)}" if isinstance(error.filename, (str, bytes)) else ""
    if error.errno in NO_ROOM:
        return no_room(where)
    if error.errno == errno.EROFS:
        return DiskReadOnly(f"the disk can only be read{where}; {_STANDS}", "have it made writable, or set AURORA_HOME")
    return None


def _of_database(error: BaseException) -> AuroraError | None:
    state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
    said = _said(error)
    if state == _READ_ONLY:
        return read_only(said)
    if state == _DISK_FULL:
        return DatabaseFull(
            f"the disk of the database is full ({said}); {_STANDS}", "free some space there and repeat the command"
        )
    if state in _OVERTAKEN:
        return DatabaseInterrupted(
            f"the database broke off what was asked of it ({said}); {_STANDS}", "repeat the command"
        )
    if state == _MOVED_OUT:
        return PeriodsMovedOut(said, getattr(getattr(error, "diag", None), "message_hint", None))
    if state in _DAMAGED:
        return DatabaseDamaged(
            f"the database's files are damaged ({said}): the disk lost or changed what was written",
            "stop using that disk, restore the newest backup on another one, and compare with `aurora verify --all`",
        )
    is_lost = state is None and type(error).__name__ in _LOST_CLASSES
    if is_lost or str(state or "").startswith(_AWAY):
        return DatabaseLost(
            f"the database was lost while it was needed ({said}); {_STANDS}",
            "repeat the command once it is up again; Aurora's own server is started by it",
        )
    return None


def no_room(where: str) -> Outage:
    """What is said of a disk that is full."""
    return NoRoomOnDisk(
        f"there is no room left on the disk{where}; {_STANDS}", "free some space and repeat the command"
    )


def read_only(said: str) -> AuroraError:
    """What is said of a database that takes no writes."""
    return DatabaseReadOnly(
        f"the database is read-only, a standby or one that was closed to writing ({said}); nothing was written",
        "run this command against the one that takes writes; verify, audit, trace, status and lists work here too",
    )


def _said(error: BaseException) -> str:
    """The first line of what the driver or the server said."""
    primary = getattr(getattr(error, "diag", None), "message_primary", None)
    lines = str(primary or error).strip().splitlines()
    return _WRAPPER.sub("", lines[0].strip().rstrip(".")) if lines else type(error).__name__
