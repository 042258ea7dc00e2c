"""Python's garbage collector put to sleep where much is made at once and nothing of it refers back to itself."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for cycles in this block: among many objects it takes a quarter to a half of the time."""
    was_awake = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_awake:
            gc.enable()


@contextmanager
def importing() -> Iterator[None]:
    """The same for imports; what they make is there to stay, so later searches do not look at it either."""
    with collector_paused():
        try:
            yield
        finally:
            gc.freeze()
