"""What a decision came with: the command or request that asked for it, and one id for all that it recorded.

Whoever asks says so itself: neither is believed, both are kept. Who it was, the database says.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple
from uuid import uuid4

from aurora_pipeline.foundation.printable import printable

_LETTERS_MAX: Final = 2_000


class CameWith(NamedTuple):
    """The id that all entries of one command or request share, and that command in words."""

    correlation_id: str | None
    request: str | None


NOTHING: Final = CameWith(None, None)
_current: ContextVar[CameWith] = ContextVar("came_with", default=NOTHING)


def came_with() -> CameWith:
    """What is recorded now comes with; both null outside of any command or request."""
    return _current.get()


@contextmanager
def coming_with(request: str, correlation_id: str | None = None) -> Iterator[CameWith]:
    """Whatever is recorded inside the block comes with a request; without an id it gets a new one."""
    text = printable(request)
    shown = text if len(text) <= _LETTERS_MAX else f"{text[:_LETTERS_MAX]} ..."
    token = _current.set(CameWith(correlation_id or str(uuid4()), shown))
    try:
        yield _current.get()
    finally:
        _current.reset(token)
