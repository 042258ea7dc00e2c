"""Sending an alert to a webhook or by mail, within seconds or not at all; why not is said without any secret."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from typing import Any, Final, Protocol

from aurora_pipeline.foundation.log import redacted
from aurora_pipeline.work.alerts.errors import NotDelivered
from aurora_pipeline.work.alerts.message import Alert, as_json, as_mail, as_slack
from aurora_pipeline.work.alerts.settings import AlertSettings, Mail, Webhook

SECONDS_MAX: Final = 10.0
"""So long one message may take, however slowly the other side answers."""
_OPERATION_SECONDS_MAX: Final = 5.0


class Channel(Protocol):
    """One way to tell somebody."""

    @property
    def name(self) -> str:
        """webhook or mail."""

    def send(self, alert: Alert) -> None:
        """Deliver a message; raises NotDelivered."""


def channels(settings: AlertSettings) -> list[Channel]:
    """Every way that is set up."""
    found: list[Channel] = []
    if settings.webhook is not None:
        found.append(WebhookChannel(settings.webhook))
    if settings.mail is not None:
        found.append(MailChannel(settings.mail))
    return found


class WebhookChannel:
    """Tells by POST."""

    name = "webhook"

    def __init__(self, webhook: Webhook, seconds_max: float = SECONDS_MAX) -> None:
        self._webhook = webhook
        self._seconds_max = seconds_max

    def send(self, alert: Alert) -> None:
        """Deliver a message; any answer but 2xx means that it was not taken."""
        # Imported here and below: who looks at what there is to tell sends nothing, and need not load the client.
        import httpx

        body = as_slack(alert) if self._webhook.form == "slack" else as_json(alert)
        try:
            status = asyncio.run(asyncio.wait_for(self._post(body), self._seconds_max))
        except TimeoutError:
            raise self._not(f"no answer within {self._seconds_max:g} seconds") from None
        except httpx.HTTPError as error:
            # The text of these errors may repeat the address, which is a key.
            raise self._not(type(error).__name__) from None
        if not 200 <= status < 300:
            raise self._not(f"HTTP {status}")

    async def _post(self, body: dict[str, Any]) -> int:
        import httpx

        async with (
            httpx.AsyncClient(timeout=None, follow_redirects=False) as client,
            client.stream("POST", self._webhook.url, json=body) as response,
        ):
            return response.status_code

    def _not(self, why: str) -> NotDelivered:
        return NotDelivered(f"the webhook at {self._webhook.shown} did not take the message: {why}", "see its settings")


class MailChannel:
    """Tells by mail."""

    name = "mail"

    def __init__(self, mail: Mail, seconds_max: float = _OPERATION_SECONDS_MAX) -> None:
        self._mail = mail
        self._seconds_max = seconds_max

    def send(self, alert: Alert) -> None:
        """Hand a mail to the server. A password goes over an encrypted line or not at all."""
        try:
            with self._line() as line:
                refused = line.send_message(as_mail(alert, self._mail))
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise self._not(_words(error)) from None
        if refused:
            raise self._not(f"it refuses {', '.join(sorted(refused))}")

    def _line(self) -> smtplib.SMTP:
        mail = self._mail
        if mail.scheme == "smtps":
            trusted = ssl.create_default_context()
            line: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=self._seconds_max, context=trusted)
        else:
            line = smtplib.SMTP(mail.host, mail.port, timeout=self._seconds_max)
        try:
            line.ehlo()
            if mail.scheme == "smtp" and line.has_extn("starttls"):
                line.starttls(context=ssl.create_default_context())
                line.ehlo()
            elif mail.scheme == "smtp" and mail.password:
                raise self._not("it offers no encryption, and the password is not sent in the clear")
            if mail.user:
                line.login(mail.user, mail.password)
        except BaseException:
            line.close()
            raise
        return line

    def _not(self, why: str) -> NotDelivered:
        return NotDelivered(f"the mail server {self._mail.shown} did not take the message: {why}", "see its settings")


def _words(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "it refuses user and password"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        return redacted(f"{error.smtp_code} {said}")
    return redacted(f"{type(error).__name__}: {error}") if str(error) else type(error).__name__
