"""How an alert is said: as JSON, as a message for Slack, as a mail. What, where, since when, what to do, and a link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum
from typing import Any, Final

from aurora_pipeline.foundation.log import redacted
from aurora_pipeline.foundation.printable import printable
from aurora_pipeline.work.alerts.settings import Mail
from aurora_pipeline.work.json_form import document

_SUBJECT_MAX: Final = 150
_WORDS_MAX: Final = 2_000


class Happening(StrEnum):
    """What is told of a cause."""

    OPEN = "OPEN"
    OVER = "OVER"
    TEST = "TEST"


@dataclass(frozen=True)
class Alert:
    """One message. `chain_id` and `since` are None where nobody knows them."""

    happening: Happening
    instance: str
    cause: str
    chain_id: str | None
    what: str
    todo: str | None
    since: datetime | None
    link: str | None
    told_at: datetime


def as_json(alert: Alert) -> dict[str, Any]:
    """The alert as a document, without a secret, in the form of docs/json.md."""
    return document("alert", _safe(alert))


def as_slack(alert: Alert) -> dict[str, Any]:
    """The alert as Slack's incoming webhooks take it, and those that copy them."""
    text = "\n".join(_lines(_safe(alert)))
    for letter, spelled in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(letter, spelled)
    return {"text": text}


def as_mail(alert: Alert, mail: Mail) -> EmailMessage:
    """The alert as a mail to all receivers."""
    safe = _safe(alert)
    told = EmailMessage()
    told["Subject"] = " ".join(_head(safe).split())[:_SUBJECT_MAX]
    told["From"], told["To"] = mail.sender, ", ".join(mail.receivers)
    told["Date"] = format_datetime(safe.told_at)
    told["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
    told["Auto-Submitted"] = "auto-generated"
    told.set_content("\n".join(_lines(safe)) + "\n")
    return told


def _head(alert: Alert) -> str:
    where = "" if alert.chain_id is None else f"{alert.chain_id}: "
    return f"[{alert.instance}] {alert.happening.value}: {where}{alert.what}"


def _lines(alert: Alert) -> list[str]:
    """The alert in lines: what and where first."""
    lines = [_head(alert)]
    if alert.since is not None:
        lines.append(f"since {alert.since:%Y-%m-%d %H:%M} UTC")
    if alert.todo is not None and alert.happening is not Happening.OVER:
        lines.append(f"to do: {alert.todo}")
    return lines if alert.link is None else [*lines, alert.link]


def _safe(alert: Alert) -> Alert:
    """The alert without secrets, control characters and endless texts: errors of others stand in it."""
    todo = None if alert.todo is None else _text(alert.todo)
    return Alert(**{**vars(alert), "what": _text(alert.what), "cause": _text(alert.cause), "todo": todo})


def _text(text: str) -> str:
    return printable(redacted(text))[:_WORDS_MAX]
