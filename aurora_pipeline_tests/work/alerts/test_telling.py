"""Each cause is told once on each channel, and once that it is over: over restarts, failures and what flickers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aurora_pipeline.store.database import Database
from aurora_pipeline.work.alerts.message import Happening
from aurora_pipeline.work.alerts.sending import Channel, MailChannel, WebhookChannel
from aurora_pipeline.work.alerts.settings import AlertSettings, Mail, Webhook
from aurora_pipeline.work.alerts.telling import (
    PATIENCE,
    LastTold,
    Outcome,
    Sighting,
    as_cursor,
    from_cursor,
    of_channels,
    plan,
    sightings,
    tell,
)
from aurora_pipeline.work.concern import Concern
from aurora_pipeline.work.reads.alerts import tellings
from aurora_pipeline_tests.work.alerts.listeners import Hook, Postbox, mail_server, webhook

AT = datetime(2026, 9, 6, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEHIND = Concern("x:behind", "6 periods behind", "`aurora backfill`", chain_id="x")
FAILED = Concern("x:1:failed", "the last run of x:1 failed", chain_id="x", page="/runs/1")
SETTINGS = AlertSettings("prod", "https://ui", None, None)


class Watch:
    """Somebody who looks each minute and tells, as the sensor does; its memory goes through text as a cursor does."""

    def __init__(self, database: Database, ways: Sequence[Channel]) -> None:
        self._database, self._ways, self._cursor = database, ways, ""
        self.now = AT

    def look(self, *concerns: Concern, minutes: int = 1) -> Outcome:
        for _ in range(minutes):
            self.now += MINUTE
            seen = sightings(from_cursor(self._cursor), concerns, self.now)
            self._cursor = as_cursor(seen)
            found = tell(self._database, SETTINGS, self._ways, concerns, seen, self.now)
        return found

    def restart(self) -> None:
        self._cursor = ""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with webhook() as found:
        yield found


@pytest.fixture
def box() -> Iterator[Postbox]:
    with mail_server() as found:
        yield found


def hooked(hook: Hook) -> WebhookChannel:
    return WebhookChannel(Webhook(hook.url, "json"), seconds_max=2)


def said(hook: Hook) -> list[tuple[str, str]]:
    return [(one["data"]["happening"], one["data"]["cause"]) for one in hook.heard]


def test_tell__as_long_as_it_lasts__once__and_once_that_it_is_over(database: Database, hook: Hook) -> None:
    watch = Watch(database, [hooked(hook)])
    watch.look(BEHIND, minutes=3)
    assert hook.heard == []
    watch.look(BEHIND, minutes=10)
    watch.restart()
    watch.look(BEHIND, FAILED, minutes=10)
    assert said(hook) == [("OPEN", "x:behind"), ("OPEN", "x:1:failed")]
    assert hook.heard[1]["data"]["link"] == "https://ui/runs/1"
    watch.look(FAILED, minutes=10)
    watch.restart()
    watch.look(FAILED, minutes=10)
    assert said(hook)[2:] == [("OVER", "x:behind")]
    assert hook.heard[2]["data"]["what"] == "x: 6 periods behind"
    watch.look(BEHIND, FAILED, minutes=10)
    assert said(hook)[3:] == [("OPEN", "x:behind")]
    with database.connect() as connection:
        assert [one.happening for one in tellings(connection)] == ["OPEN", "OVER", "OPEN", "OPEN"]


def test_tell__what_comes_and_goes_within_minutes__wakes_nobody(database: Database, hook: Hook) -> None:
    watch = Watch(database, [hooked(hook)])
    for _ in range(4):
        watch.look(BEHIND)
        watch.look(minutes=12)
    assert hook.heard == []
    watch.look(BEHIND, minutes=8)
    for _ in range(4):  # open for good, with short gaps: it is not over, and not told again
        watch.look(minutes=2)
        watch.look(BEHIND, minutes=2)
    assert said(hook) == [("OPEN", "x:behind")]


def test_tell__webhook_down__told_again_later__and_mail_does_not_wait(
    database: Database, hook: Hook, box: Postbox
) -> None:
    mail = Mail("smtp", "127.0.0.1", box.port, "", "", "a@example.com", ("b@example.com",))
    watch = Watch(database, [hooked(hook), MailChannel(mail)])
    hook.status = 500
    found = watch.look(BEHIND, minutes=9)
    assert (hook.heard, len(box.mails), found.told, found.waiting) == ([], 1, 0, 1)
    assert list(found.failed) == ["the webhook at http://127.0.0.1 did not take the message: HTTP 500"]
    with database.connect() as connection:
        (trouble,) = of_channels(connection)
        assert trouble.cause == "alerts:webhook"
        assert "HTTP 500" in trouble.what
        assert [one.happening for one in tellings(connection)] == ["OPEN", "FAILED"]  # a failure is written once
    hook.status = 200
    assert watch.look(BEHIND).told == 1
    with database.connect() as connection:
        assert of_channels(connection) == []
    assert (said(hook), len(box.mails)) == ([("OPEN", "x:behind")], 1)


def test_tell__very_much_at_once__a_few_in_each_look(database: Database, hook: Hook) -> None:
    watch = Watch(database, [hooked(hook)])
    many = [Concern(f"x:{number}", "failed") for number in range(25)]
    watch.look(*many, minutes=6)
    assert len(hook.heard) == 20
    watch.look(*many)
    assert len({one["data"]["cause"] for one in hook.heard}) == len(hook.heard) == 25


@given(st.lists(st.booleans(), max_size=60))
def test_plan__however_it_comes_and_goes__open_and_over_take_turns(seen_at: list[bool]) -> None:
    seen: dict[str, Sighting] = {}
    told: dict[str, LastTold] = {}
    said_so = []
    for number, is_there in enumerate(seen_at):
        now = AT + number * MINUTE
        concerns = [BEHIND] if is_there else []
        seen = sightings(seen, concerns, now)
        for happening, concern in plan(concerns, seen, told, now):
            said_so.append(happening)
            told[concern.cause] = LastTold(concern.cause, happening.value, concern.what, None, now)
    assert said_so == [Happening.OPEN, Happening.OVER] * (len(said_so) // 2) + [Happening.OPEN] * (len(said_so) % 2)


def test_plan__there_for_long_enough__is_always_told() -> None:
    seen = {BEHIND.cause: Sighting(AT - PATIENCE, AT)}
    assert plan([BEHIND], seen, {}, AT) == [(Happening.OPEN, BEHIND)]


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"a": 1}', '{"a": ["x", "y"]}', "3"])
def test_cursor__that_cannot_be_read__nothing_was_seen(text: str | None) -> None:
    assert from_cursor(text) == {}
