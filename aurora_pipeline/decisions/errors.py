"""Errors about who may decide, and what was decided, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, CheckFailed, Conflict, NotAllowed, NotThere


class MayNotDecide(NotAllowed):
    """Decisions are recorded under names of registered people who may decide, and this is none."""

    code = "person-may-not-decide"
    what_to_do = "Have one of them register you with `aurora users add`."


class ReasonMissing(AuroraError):
    """A decision needs a reason and who takes it. Nothing was written."""

    code = "reason-missing"
    what_to_do = 'Give one with --reason "signed on 2026-01-15".'


class RoleNotFit(AuroraError):
    """A user's role and partner do not fit each other."""

    code = "user-role-not-fit"
    what_to_do = "Give --partner with the role PARTNER, and with no other."


class UserUnknown(NotThere):
    """No user has the login that was given."""

    code = "user-unknown"
    what_to_do = "`aurora users list` shows them; the message names the nearest."


class LoginsNotHere(NotAllowed):
    """The embedded server trusts its one user and asks nobody for a password: nobody can have a login there."""

    code = "logins-not-here"
    what_to_do = "Set AURORA_DATABASE_URL to a PostgreSQL of your own."


class LastDecider(Conflict):
    """Without this user nobody could decide anything. Nothing was written."""

    code = "last-decider"
    what_to_do = "Add another user who may decide first."


class PartnerUnknown(NotThere):
    """No partner has the key that was given."""

    code = "partner-unknown"
    what_to_do = "`aurora partners list` shows them; the message names the nearest."


class DecisionsUnlogged(CheckFailed):
    """Rows of decisions are not in the audit log: somebody wrote them outside Aurora. Nothing is computed by them."""

    code = "decisions-unlogged"
    what_to_do = "Run `aurora audit` and follow what it names."
