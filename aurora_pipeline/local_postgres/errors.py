"""Errors about Aurora's own PostgreSQL, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Conflict, Misconfigured, Outage


class ServerNotInstalled(Misconfigured):
    """The PostgreSQL that Aurora brings along is not installed."""

    code = "server-not-installed"
    what_to_do = "Install Aurora anew with constraints.txt, or set AURORA_DATABASE_URL."


class ServerStarting(Outage):
    """Aurora's own PostgreSQL takes very long to start or stop."""

    code = "server-starting"
    what_to_do = "Read its log, which the message names, and try again later."


class ServerFailed(Outage):
    """Aurora's own PostgreSQL did not start: it was ended on the way, what it left is still in use, or it cannot."""

    code = "server-failed"
    what_to_do = "Repeat the command; if it stays, remove the cause that the end of its log names."


class ServerElsewhere(Conflict):
    """A PostgreSQL that this process cannot see uses the same data."""

    code = "server-elsewhere"
    what_to_do = "Stop it where it runs, in another container or machine."


class ServerDataUnusable(Misconfigured):
    """The data directory of Aurora's own PostgreSQL cannot be used: it is none, or of another version."""

    code = "server-data-unusable"
    what_to_do = "Move it away, or carry the data over as the message says."


class ServerSocketUnusable(Misconfigured):
    """The socket of Aurora's own PostgreSQL is gone, or there is no private place for it."""

    code = "server-socket-unusable"
    what_to_do = "Follow the message: end other commands, shorten a path, or remove what is in the way."


class ServerSilent(Outage):
    """Aurora's own PostgreSQL does not answer."""

    code = "server-silent"
    what_to_do = "Repeat the command; the message names the server's log."


class ServerAccountMissing(Misconfigured):
    """PostgreSQL does not run as this user, and no other account can run it."""

    code = "server-account-missing"
    what_to_do = "Run Aurora as an ordinary user, or set AURORA_DATABASE_URL."


class CopyFailed(Outage):
    """The database could not be copied, or copies not be put together. Nothing is left of the attempt."""

    code = "database-copy-failed"
    what_to_do = "Remove the cause that PostgreSQL named, and repeat the command."


class BackupNotContinued(Conflict):
    """PostgreSQL cannot tell any more what changed since an earlier backup. Nothing was written."""

    code = "backup-not-continued"
    what_to_do = "Make a full backup: without --since."
