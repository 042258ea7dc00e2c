"""What is logged: events with fields, as text or JSON lines, and never a secret however it is spelled."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest

from aurora_pipeline.foundation import log
from aurora_pipeline.foundation.errors import AuroraError

SECRET = 'p@ss "word"/ä+1'


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What was written; the logger is put back afterwards."""
    root = logging.getLogger("aurora")
    before = (list(root.handlers), root.level, root.propagate)
    yield io.StringIO()
    root.handlers, root.propagate = before[0], before[2]
    root.setLevel(before[1])


def test_event__json__one_line_with_its_fields(stream: io.StringIO) -> None:
    log.set_up({log.LEVEL_VARIABLE: "info", log.FORMAT_VARIABLE: "json"}, stream)
    log.event(log.logger("providers"), logging.INFO, "asked again", provider="node", attempt=2)
    log.event(log.logger("providers"), logging.DEBUG, "too quiet to hear")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["message"], told["provider"], told["attempt"]) == ("asked again", "node", 2)
    assert (told["level"], told["room"]) == ("INFO", "aurora.providers")


def test_about__what_is_logged_meanwhile__names_it_in_tasks_too_and_not_afterwards(stream: io.StringIO) -> None:
    log.set_up({log.FORMAT_VARIABLE: "json"}, stream)

    async def ask() -> None:
        log.event(log.logger("x"), logging.WARNING, "late", provider="node", chain="y")

    async def both() -> None:
        await asyncio.gather(ask(), ask())

    with log.about(run="1f", chain="x"), log.about(period="x:0000850"):
        asyncio.run(both())
    log.event(log.logger("x"), logging.WARNING, "after")
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    keys = ("run", "chain", "period", "provider")
    assert [tuple(one.get(key) for key in keys) for one in told] == [
        *(("1f", "y", "x:0000850", "node"),) * 2,
        (None, None, None, None),
    ]


def test_event__text__message_and_fields(stream: io.StringIO) -> None:
    log.set_up({}, stream)
    log.event(log.logger("staging"), logging.WARNING, "late", epoch=850)
    assert stream.getvalue().endswith("WARNING aurora.staging: late epoch=850\n")


@pytest.mark.parametrize("form", ["text", "json"])
def test_event__secret_in_message_field_or_traceback__taken_out(form: str, stream: io.StringIO) -> None:
    log.set_up({log.FORMAT_VARIABLE: form}, stream)
    log.hide([SECRET])
    room = log.logger("providers")
    log.event(room, logging.ERROR, f"GET https://host/?k={SECRET}", url="https://host/p%40ss%20%22word%22%2F%C3%A4%2B1")
    try:
        raise RuntimeError(f"no access with {SECRET}")
    except RuntimeError:
        room.exception("it failed with %s", {"key": SECRET})
    written = stream.getvalue()
    assert "word" not in written
    assert written.count(log.HIDDEN) >= 3


@pytest.mark.parametrize("environment", [{log.LEVEL_VARIABLE: "loud"}, {log.FORMAT_VARIABLE: "xml"}])
def test_set_up__unknown_word__named_with_a_remedy(environment: dict[str, str]) -> None:
    with pytest.raises(AuroraError, match="AURORA_LOG") as caught:
        log.set_up(environment)
    assert caught.value.remedy
