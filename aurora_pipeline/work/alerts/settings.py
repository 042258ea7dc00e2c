"""Who is told: a webhook, people by mail, and where the UI is, as variables of the environment or files name them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from aurora_pipeline.foundation.log import hide
from aurora_pipeline.work.alerts.errors import AlertSettingRefused

WEBHOOK: Final = "AURORA_ALERTS_WEBHOOK"
FORM: Final = "AURORA_ALERTS_FORM"
SMTP: Final = "AURORA_ALERTS_SMTP"
SENDER: Final = "AURORA_ALERTS_FROM"
RECEIVERS: Final = "AURORA_ALERTS_TO"
UI: Final = "AURORA_UI_URL"
NAME: Final = "AURORA_INSTANCE"
IN_FILE: Final = "_FILE"
"""Of a variable that holds a secret: the one of this name says which file has it."""
_FORMS: Final = ("json", "slack")
_PORTS: Final = {"smtp": 587, "smtps": 465}
_ADDRESS: Final = re.compile(r"[^@\s,<>]+@[^@\s,<>]+")


@dataclass(frozen=True)
class Webhook:
    """An address that takes messages by POST, and in which form."""

    url: str = field(repr=False)
    form: str

    @property
    def shown(self) -> str:
        """Where it is, without the path: a webhook's path is its key."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}"


@dataclass(frozen=True)
class Mail:
    """A mail server, who writes and who is written to. `smtps` is encrypted from the start, `smtp` where it can be."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    receivers: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Where it is."""
        return f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True)
class AlertSettings:
    """Whom to tell, what this instance is called, and where its UI is; links are left out where nobody says."""

    instance: str
    ui: str | None
    webhook: Webhook | None
    mail: Mail | None

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""
        return self.webhook is not None or self.mail is not None


def alert_settings(env: Mapping[str, str]) -> AlertSettings:
    """The settings of an environment; raises where one cannot be used. Its secrets are hidden from every log."""
    ui = env.get(UI, "").rstrip("/") or None
    return AlertSettings(env.get(NAME, "").strip() or "aurora", ui, _webhook(env), _mail(env))


def _webhook(env: Mapping[str, str]) -> Webhook | None:
    url, form = _secret(env, WEBHOOK), env.get(FORM, "").strip() or _FORMS[0]
    if not url:
        return None
    parts = _split(url)
    if parts is None or parts[0] not in ("http", "https"):
        raise AlertSettingRefused(f"{WEBHOOK} is no web address", "write it like https://hooks.example.com/T0/B0/KEY")
    if form not in _FORMS:
        raise AlertSettingRefused(f"{FORM} is {form!r}", f"use {' or '.join(_FORMS)}")
    hide([url, *(part for part in urlsplit(url).path.split("/") if len(part) >= _KEY_MIN)])
    return Webhook(url, form)


_KEY_MIN: Final = 8


def _mail(env: Mapping[str, str]) -> Mail | None:
    url = _secret(env, SMTP)
    if not url:
        return None
    parts = _split(url)
    if parts is None or parts[0] not in _PORTS:
        raise AlertSettingRefused(
            f"{SMTP} is no address of a mail server",
            "write it like smtp://user:password@mail.example.com:587, or smtps://",
        )
    scheme, host, port = parts
    split = urlsplit(url)
    user, password = unquote(split.username or ""), unquote(split.password or "")
    hide(one for one in (url, password, split.password or "") if one)
    receivers = tuple(one.strip() for one in env.get(RECEIVERS, "").split(",") if one.strip())
    sender = env.get(SENDER, "").strip() or (receivers[0] if receivers else "")
    for name, one in [(RECEIVERS, each) for each in receivers or ("",)] + [(SENDER, sender)]:
        if not _ADDRESS.fullmatch(one):
            raise AlertSettingRefused(f"{name} has {one!r}, which is no mail address", "write it like ops@example.com")
    return Mail(scheme, host, port or _PORTS[scheme], user, password, sender, receivers)


def _split(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port; None where there is no host or an impossible port."""
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname, parts.port) if parts.hostname else None
    except ValueError:
        return None


def _secret(env: Mapping[str, str], name: str) -> str:
    """A variable's value, or what the file says that is named instead; empty where neither is set."""
    path = env.get(f"{name}{IN_FILE}", "")
    if not path:
        return env.get(name, "").strip()
    if env.get(name):
        raise AlertSettingRefused(f"{name} and {name}{IN_FILE} are both set", "leave one of them out")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AlertSettingRefused(
            f"{name}{IN_FILE}: {path} can't be read ({type(error).__name__})", "name a file"
        ) from None
