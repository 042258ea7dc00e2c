"""Errors about commands, each with its code."""

from __future__ import annotations

import errno
import os
from typing import Final

from aurora_pipeline.foundation.errors import AuroraError, Conflict, Misconfigured, NotAllowed

_NO_PATH: Final = frozenset((errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EACCES, errno.EPERM))
_PATH_SHOWN: Final = 200


class CommandNotUnderstood(AuroraError):
    """There is no such command, option or argument, or one is missing."""

    code = "command-not-understood"
    what_to_do = "See `aurora --help`, or `--help` of the command."


class ArgumentsNotFit(AuroraError):
    """Arguments exclude each other, or one needs another."""

    code = "arguments-not-fit"
    what_to_do = "Give one of them, or the one that is missing."


class PathNotUsable(AuroraError):
    """A path that was given cannot be used as one."""

    code = "path-not-usable"
    what_to_do = "Name another one, or have it made usable."


class NotConfirmed(AuroraError):
    """Something odd was not confirmed. Nothing was written."""

    code = "not-confirmed"
    what_to_do = "Check the amount and its unit; if it is meant, repeat the command with --yes."


class QueryMissing(AuroraError):
    """No SQL was given."""

    code = "query-missing"
    what_to_do = 'Give one statement: `aurora sql "SELECT * FROM chains"`.'


class QueryRefused(AuroraError):
    """The database refuses the SQL that was given."""

    code = "query-refused"
    what_to_do = "Correct it where the message points; --write lets it change something."


class RowsNotFit(AuroraError):
    """The rows cannot be written as a Parquet file."""

    code = "rows-not-fit"
    what_to_do = "Name columns with AS, or cast them to text."


class PortInUse(Conflict):
    """The port of the Dagster UI is in use."""

    code = "port-in-use"
    what_to_do = "Choose another one with --port, or stop what uses it."


class DagsterNotStarted(AuroraError):
    """The Dagster UI did not start, or not in time."""

    code = "dagster-not-started"
    what_to_do = "Read its log, which the message names."


class RightMissing(NotAllowed):
    """The database does not let this login do that. Nothing was written."""

    code = "right-missing"
    what_to_do = "Have somebody do it who may (docs/access.md), or work with another login."


_RIGHT_MISSING: Final = "42501"


def path_not_usable(error: BaseException) -> PathNotUsable | None:
    """What is said where the system refuses a path that was given; None where the error is another one."""
    if not isinstance(error, OSError) or error.errno not in _NO_PATH or error.filename is None:
        return None
    name = os.fsdecode(error.filename)
    shown = name if len(name) <= _PATH_SHOWN else f"{name[:_PATH_SHOWN]}…"
    return PathNotUsable(f"{shown} can't be used: {os.strerror(error.errno)}", "name another one")


def right_missing(error: BaseException) -> RightMissing | None:
    """What is said where the database refuses a login what was asked of it; None where the error is another one."""
    if getattr(error, "sqlstate", None) != _RIGHT_MISSING:
        return None
    said = str(error).strip().splitlines()[0]
    return RightMissing(
        f"the database does not let this login do that: {said}; nothing was written",
        "docs/access.md says who may: have one of them do it, or set another login in AURORA_DATABASE_URL",
    )


class AlreadyUp(Conflict):
    """`aurora up` runs on these data already."""

    code = "already-up"
    what_to_do = "Use the one that runs, or end it first."


class DataGone(Misconfigured):
    """The data directory was deleted or moved while `aurora up` worked on it. Everything was stopped."""

    code = "data-directory-gone"
    what_to_do = "Put it back, or restore a backup, and start again."


class ServiceNeedsBroker(Misconfigured):
    """Runs were to be spread over workers, and there is no broker, or Celery is not installed."""

    code = "service-needs-broker"
    what_to_do = "Set AURORA_CELERY_BROKER for every part, and install the extra `celery`."


class ServiceNeedsDatabase(Misconfigured):
    """A service was to run on no database: Aurora's own server belongs to `aurora up`."""

    code = "service-needs-database"
    what_to_do = "Set AURORA_DATABASE_URL, or use `aurora up`."
