"""What a relay is asked. No limit is sent: relays refuse different ones, and each has one of its own."""

from __future__ import annotations

from typing import Final

from aurora_pipeline.asking.adapter import Answer, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.sources.relays.answers import DELIVERED, read_page

_READER: Final = "reading"


def delivered_up_to(slot: int) -> Question:
    """The newest blocks that it delivered, up to a slot."""
    return Question(f"delivered up to slot {slot}", DELIVERED, query={"cursor": slot}, accepts=_is_page)


def delivered_in(slot: int) -> Question:
    """What it delivered in one slot."""
    return Question(f"delivered in slot {slot}", DELIVERED, query={"slot": slot}, accepts=_is_page)


def newest_delivered() -> Question:
    """The newest block that it delivered: enough to see that it is there."""
    return Question("newest delivered", DELIVERED, query={"limit": 1}, accepts=_is_page)


def _is_page(answer: Answer) -> bool:
    try:
        read_page(answer, _READER)
    except UnreadableAnswer:
        return False
    return True
