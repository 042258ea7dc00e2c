"""Errors about the database, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, Misconfigured, NotAllowed, Outage


class DatabaseRefuses(Misconfigured):
    """The database is there and does not let Aurora in."""

    code = "database-refuses"
    what_to_do = "Correct AURORA_DATABASE_URL, or what that user may do."


class DatabaseAway(Outage):
    """The database does not answer."""

    code = "database-away"
    what_to_do = "Start it, or correct AURORA_DATABASE_URL."


class DatabaseNotMade(Misconfigured):
    """The database of Dagster cannot be made beside Aurora's."""

    code = "database-not-made"
    what_to_do = "Have it made by somebody who may, as the message says."


class DatabaseRoleUnusable(Misconfigured):
    """The login that only reads cannot be made, or is not what it should be."""

    code = "database-role-unusable"
    what_to_do = "Follow the message; `aurora db upgrade` by a user who may create roles makes it."


class LoginRefused(NotAllowed):
    """The login of a person cannot be made or changed on this server by whoever asks. Nothing was written."""

    code = "login-refused"
    what_to_do = "Have it done by an ADMIN, or by who owns the database and may make roles."


class PasswordTooShort(AuroraError):
    """The password that was given is too short. Nothing was written."""

    code = "password-too-short"
    what_to_do = "Give a longer one."


class LoginsUnsafe(Misconfigured):
    """A login of partners, or the one that takes on people's roles, may do more than it should: nothing is done."""

    code = "logins-unsafe"
    what_to_do = "Take the right from it that the message names."


class SchemaOutdated(Conflict):
    """The database's schema is not the one this version needs."""

    code = "schema-outdated"
    what_to_do = "Run `aurora db upgrade` when nothing else is writing."


class SchemaNotMoved(AuroraError):
    """The database's schema cannot be moved to the version that was asked for."""

    code = "schema-not-moved"
    what_to_do = "See `aurora db current`; a newer Aurora's database needs that Aurora."


class MomentRefused(AuroraError):
    """The database does not answer for that moment: what it will hold can still change."""

    code = "moment-refused"
    what_to_do = "Ask for a moment that is past."


class PublicationRefused(Conflict):
    """What was computed is overtaken: the database does not let it come into force. Nothing was published."""

    code = "publication-refused"
    what_to_do = "Compute it again: it rests on what was decided meanwhile."


class StoredOtherwise(CheckFailed):
    """The database holds other rows or totals than were checked. Nothing was published."""

    code = "stored-otherwise"
    what_to_do = "Look for a fault in the database or its disk."


class SecretMissing(CheckFailed):
    """The secret of this instance is gone from the database."""

    code = "instance-secret-missing"
    what_to_do = "Restore the table instance_secret from a backup."
