"""Errors about an instance's place, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Conflict, NotAllowed


class FolderInUse(Conflict):
    """The folder has such files already. Nothing was written."""

    code = "folder-in-use"
    what_to_do = "Give a folder of its own, or a new one."


class PartnerReadsReleased(NotAllowed):
    """A partner's login reads the statements that were released to it, and does nothing else. Nothing was read."""

    code = "partner-reads-released"
    what_to_do = "Use `aurora statements list`, `show` and `export`; ask the operator for anything else."


class LoginHoldsNothing(NotAllowed):
    """The login holds no rights in this database, or not any more. Nothing was read."""

    code = "login-holds-nothing"
    what_to_do = "Have an ADMIN register it: `aurora users add`; docs/access.md says what each role may do."
