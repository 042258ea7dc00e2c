"""Errors about alerts, each with its code."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import Misconfigured, Outage


class NoAlerts(Misconfigured):
    """Nobody is told of anything: neither a webhook nor a mail server is named."""

    code = "no-alerts"
    what_to_do = "Set AURORA_ALERTS_WEBHOOK, or AURORA_ALERTS_SMTP and AURORA_ALERTS_TO (docs/operations.md)."


class AlertSettingRefused(Misconfigured):
    """A setting of alerts cannot be used."""

    code = "alert-setting-refused"
    what_to_do = "Write it as the message says (docs/operations.md)."


class NotDelivered(Outage):
    """A message did not reach whom it was for."""

    code = "alert-not-delivered"
    what_to_do = "See whether the address is right and its server up; what was not told is told again."
