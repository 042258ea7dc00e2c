"""Errors about backups, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, NotThere


class BackupFolderInUse(Conflict):
    """The folder of a new backup is there already, or lies in what is backed up. Nothing was written."""

    code = "backup-folder-in-use"
    what_to_do = "Give a folder that is not there yet, on another disk."


class BackupNotThere(NotThere):
    """The folder holds no finished backup."""

    code = "backup-not-there"
    what_to_do = "Name the folder that `aurora backup` printed; one that was broken off holds nothing to restore."


class BackupDamaged(CheckFailed):
    """Files of a backup are missing, changed or cut off. Nothing was restored."""

    code = "backup-damaged"
    what_to_do = "Fetch that backup again from where it is kept, or take another one."


class BackupNotFitting(AuroraError):
    """The backup is of another kind of instance, server or version than where it should go. Nothing was restored."""

    code = "backup-not-fitting"
    what_to_do = "Restore it where the message says."


class RestoreOverData(Conflict):
    """There is data where a backup should be restored. Nothing was written."""

    code = "restore-over-data"
    what_to_do = "Restore into a new home or an empty server, or move away what is there."
