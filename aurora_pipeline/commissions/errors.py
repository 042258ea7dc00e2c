"""Errors about computing what partners are owed, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Conflict, NotThere


class WalletOwnedTwice(Conflict):
    """A wallet belongs to two partners at the same instant."""

    code = "wallet-owned-twice"
    what_to_do = "End it with one of the two."


class OverrideNotApplicable(Conflict):
    """An override cannot be paid where it is stated."""

    code = "override-not-applicable"
    what_to_do = "Take it back, or state another amount."


class LineUnknown(NotThere):
    """No line in force has that id or belongs to that rule. Nothing was written."""

    code = "line-unknown"
    what_to_do = "`aurora lines` shows the lines in force."


class LineNotOverridable(Conflict):
    """What a floor or cap made is never overridden. Nothing was written."""

    code = "line-not-overridable"
    what_to_do = "Override the line it belongs to, or the rule's total."
