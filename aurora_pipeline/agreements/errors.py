"""Errors about agreements, wallets and overrides, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import AuroraError, Conflict, NotThere


class AgreementUnknown(NotThere):
    """No agreement has the key that was given."""

    code = "agreement-unknown"
    what_to_do = "`aurora agreements list` shows them; the message names the nearest."


class VersionUnknown(NotThere):
    """The agreement has no version of that number."""

    code = "agreement-version-unknown"
    what_to_do = "`aurora agreements show` lists its versions."


class NoTerms(AuroraError):
    """A file of agreements proposes no terms."""

    code = "agreements-without-terms"
    what_to_do = "Write at least one agreement; docs/agreements.md says how."


class StatusRefused(Conflict):
    """The agreement's status cannot change so, or not from that day on. Nothing was written."""

    code = "agreement-status-refused"
    what_to_do = "Give a status and a day that follow its history: `aurora agreements show`."


class AmountNotAccepted(AuroraError):
    """An amount has no unit, is negative, too large or not exact."""

    code = "amount-refused"
    what_to_do = 'Write it with its unit, like "2.5 SOL", or in base units; the message names them.'


class OverrideUnknown(NotThere):
    """Nothing is overridden there."""

    code = "override-unknown"
    what_to_do = "`aurora overrides list` shows every override."


class OverrideConflict(Conflict):
    """A rule's total and its lines cannot both be stated. Nothing was written."""

    code = "override-conflict"
    what_to_do = "Withdraw the one that stands first."


class WalletRefused(AuroraError):
    """A wallet is no address of its chain, or cannot end on that day."""

    code = "wallet-refused"
    what_to_do = "Give the address as `aurora wallets list` shows it, and a day on which it belongs to a partner."


class OtherPartnerNamed(AuroraError):
    """A reason that a partner will read names another partner. Nothing was written."""

    code = "other-partner-named"
    what_to_do = "Give the reason without the other partner's name."
