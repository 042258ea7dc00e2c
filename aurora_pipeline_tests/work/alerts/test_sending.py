"""Messages reach a webhook and a mail server, or it is said why not: in seconds, and without a secret."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest

from aurora_pipeline.foundation.log import event, logger, set_up
from aurora_pipeline.work.alerts.errors import AlertSettingRefused, NotDelivered
from aurora_pipeline.work.alerts.message import Alert, Happening, as_slack
from aurora_pipeline.work.alerts.sending import MailChannel, WebhookChannel, channels
from aurora_pipeline.work.alerts.settings import Mail, Webhook, alert_settings
from aurora_pipeline_tests.work.alerts.listeners import Hook, Postbox, mail_server, webhook

AT = datetime(2026, 9, 6, 12, tzinfo=UTC)
ALERT = Alert(
    Happening.OPEN,
    "prod",
    "x:behind",
    "solana-mainnet",
    "6 periods behind the chain",
    "`aurora backfill`",
    AT,
    "https://ui.example/overview",
    AT,
)


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as found:
        yield found


@pytest.fixture
def box() -> Iterator[Postbox]:
    with mail_server() as found:
        yield found


def mail(box: Postbox, **changes: str) -> Mail:
    made = Mail("smtp", "127.0.0.1", box.port, "", "", "aurora@example.com", ("ops@example.com", "cfo@example.com"))
    return replace(made, **changes)  # type: ignore[arg-type]  # every one is text


def test_webhook__json__all_of_it_is_said(hook: Hook) -> None:
    WebhookChannel(Webhook(hook.url, "json")).send(ALERT)
    (heard,) = hook.heard
    assert heard["schema"] == "aurora.alert.1"
    assert heard["data"] == {
        **{"happening": "OPEN", "instance": "prod", "cause": "x:behind", "chain_id": "solana-mainnet"},
        **{"what": "6 periods behind the chain", "todo": "`aurora backfill`", "since": "2026-09-06T12:00:00Z"},
        **{"link": "https://ui.example/overview", "told_at": "2026-09-06T12:00:00Z"},
    }


def test_webhook__slack__one_text_in_which_nothing_is_markup(hook: Hook) -> None:
    WebhookChannel(Webhook(hook.url, "slack")).send(replace(ALERT, what="<!channel> a & b"))
    (heard,) = hook.heard
    assert heard == {
        "text": "[prod] OPEN: solana-mainnet: &lt;!channel&gt; a &amp; b\nsince 2026-09-06 12:00 UTC\n"
        "to do: `aurora backfill`\nhttps://ui.example/overview"
    }


@pytest.mark.parametrize("status", [500, 404, 302])
def test_webhook__refuses__says_so_without_its_address(hook: Hook, status: int) -> None:
    hook.status = status
    with pytest.raises(NotDelivered, match=f"HTTP {status}") as caught:
        WebhookChannel(Webhook(hook.url, "json")).send(ALERT)
    assert "secret-of-the-hook" not in str(caught.value)


def test_webhook__does_not_answer__given_up(hook: Hook) -> None:
    hook.silent_seconds = 0.6
    with pytest.raises(NotDelivered, match=r"no answer within 0.1 seconds"):
        WebhookChannel(Webhook(hook.url, "json"), seconds_max=0.1).send(ALERT)


def test_webhook__nobody_there__says_so(hook: Hook) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        with pytest.raises(NotDelivered, match="ConnectError"):
            WebhookChannel(Webhook(f"http://127.0.0.1:{taken.getsockname()[1]}/key-of-mine", "json")).send(ALERT)


def test_mail__to_several__what_where_since_when_and_what_to_do(box: Postbox) -> None:
    MailChannel(mail(box)).send(replace(ALERT, what="line one\nBcc: thief@example.com"))
    (told,) = box.mails
    assert told["To"] == "ops@example.com, cfo@example.com"
    assert told["Bcc"] is None
    assert told["Subject"].startswith("[prod] OPEN: solana-mainnet: line one")
    body = told.get_payload()
    assert "since 2026-09-06 12:00 UTC" in body
    assert "to do: `aurora backfill`" in body
    assert "https://ui.example/overview" in body


@pytest.mark.parametrize(
    ("verb", "reply", "words"),
    [("DATA", "451 try later", "451 try later"), ("MAIL", "550 not you", "550 not you"), ("EHLO", "500 no", None)],
)
def test_mail__server_in_trouble__says_why(box: Postbox, verb: str, reply: str, words: str | None) -> None:
    box.replies[verb] = reply
    if words is None:  # an old server, which HELO serves as well
        MailChannel(mail(box)).send(ALERT)
        assert len(box.mails) == 1
        return
    with pytest.raises(NotDelivered, match=words):
        MailChannel(mail(box)).send(ALERT)
    assert box.mails == []


def test_mail__a_password_over_a_line_in_the_clear__is_not_sent(box: Postbox) -> None:
    with pytest.raises(NotDelivered, match="not sent in the clear") as caught:
        MailChannel(mail(box, user="u", password="hunter22")).send(ALERT)
    assert "hunter22" not in str(caught.value)
    assert box.mails == []


def test_mail__server_silent__given_up(box: Postbox) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        box.port = listening.getsockname()[1]
        with pytest.raises(NotDelivered, match="timed out"):
            MailChannel(mail(box), seconds_max=0.1).send(ALERT)


def test_settings__of_files_and_variables__and_no_secret_in_a_log(tmp_path: Path) -> None:
    (tmp_path / "hook").write_text("https://hooks.example.com/T0/B0/verysecretkey\n")
    (tmp_path / "smtp").write_text("smtps://robot:p%40ss-word@mail.example.com\n")
    env = {
        **{"AURORA_ALERTS_WEBHOOK_FILE": str(tmp_path / "hook"), "AURORA_ALERTS_SMTP_FILE": str(tmp_path / "smtp")},
        **{
            "AURORA_ALERTS_TO": "ops@example.com, b@example.com",
            "AURORA_ALERTS_FORM": "slack",
            "AURORA_UI_URL": "https://ui/",
        },
    }
    found = alert_settings(env)
    assert found.webhook is not None
    assert found.mail is not None
    assert (found.ui, found.webhook.form, found.webhook.shown) == ("https://ui", "slack", "https://hooks.example.com")
    assert (found.mail.user, found.mail.password, found.mail.port) == ("robot", "p@ss-word", 465)
    assert found.mail.receivers == ("ops@example.com", "b@example.com")
    assert [way.name for way in channels(found)] == ["webhook", "mail"]
    assert "verysecretkey" not in repr(found)
    assert "p@ss-word" not in repr(found)
    lines = StringIO()
    set_up({}, lines)
    event(logger("x"), logging.ERROR, "sent to https://hooks.example.com/T0/B0/verysecretkey by p@ss-word")
    assert "verysecretkey" not in lines.getvalue()
    assert "p@ss-word" not in lines.getvalue()
    slack = as_slack(replace(ALERT, what="it said p@ss-word"))["text"]
    assert "p@ss-word" not in slack


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"AURORA_ALERTS_WEBHOOK": "hooks.example.com"}, "is no web address"),
        ({"AURORA_ALERTS_WEBHOOK": "https://h/verysecret", "AURORA_ALERTS_FORM": "xml"}, "use json or slack"),
        ({"AURORA_ALERTS_SMTP": "mail.example.com:25"}, "no address of a mail server"),
        ({"AURORA_ALERTS_SMTP": "smtp://mail:99999"}, "no address of a mail server"),
        ({"AURORA_ALERTS_SMTP": "smtp://mail"}, "AURORA_ALERTS_TO"),
        ({"AURORA_ALERTS_SMTP": "smtp://mail", "AURORA_ALERTS_TO": "ops"}, "no mail address"),
        ({"AURORA_ALERTS_WEBHOOK_FILE": "/not/there"}, "can't be read"),
        ({"AURORA_ALERTS_WEBHOOK": "https://h/verysecret", "AURORA_ALERTS_WEBHOOK_FILE": "x"}, "both set"),
    ],
)
def test_settings__not_usable__refused_without_the_secret(env: dict[str, str], words: str) -> None:
    with pytest.raises(AlertSettingRefused) as caught:
        alert_settings(env)
    assert words in str(caught.value)
    assert "verysecret" not in str(caught.value)


def test_settings__nothing_set__nobody_is_told() -> None:
    assert not alert_settings({}).is_on
