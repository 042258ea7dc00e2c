"""Errors about archives, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, NotAllowed, NotThere, Outage


class ArchivePlaceRefused(AuroraError):
    """An archive cannot be kept where it was said. Nothing was written."""

    code = "archive-place-refused"
    what_to_do = "Give a folder, or an address like s3://bucket/folder; keys come from the environment."


class ArchivePlaceAway(Outage):
    """The place of an archive does not answer, or refuses. Nothing was moved."""

    code = "archive-place-away"
    what_to_do = "Repeat the command once the place answers; keys and its address come from the environment."


class ArchiveFileMissing(NotThere):
    """A file of an archive is not at its place."""

    code = "archive-file-missing"
    what_to_do = "Put the archive's files back where the message says; a copy of them serves."


class ArchiveDamaged(CheckFailed):
    """Files of an archive are not what was written. Nothing was brought back."""

    code = "archive-damaged"
    what_to_do = "Put an undamaged copy of the archive where the message says."


class ArchiveNotWhole(CheckFailed):
    """What was read back of a new archive is not what the database records. Nothing was moved."""

    code = "archive-not-whole"
    what_to_do = "Run `aurora verify` on the epochs that the message names, and restore what it finds changed."


class RangeUnknown(NotThere):
    """No range of periods holds the epochs that were named."""

    code = "range-unknown"
    what_to_do = "`aurora archives list` names the ranges."


class RangeNeeded(Conflict):
    """The range is still needed in the database. Nothing was moved."""

    code = "range-needed"
    what_to_do = "Move an older range, or this one once what the message names is done."


class RangeElsewhere(Conflict):
    """The range is not where the command needs it. Nothing was moved."""

    code = "range-elsewhere"
    what_to_do = "`aurora archives list` says where each range is."


class RangeNotYours(NotAllowed):
    """Ranges are moved by who owns the database. Nothing was moved."""

    code = "range-not-yours"
    what_to_do = "Have it run with the login that owns the database, as `aurora db upgrade` is."
