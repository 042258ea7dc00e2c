"""Some of many in words: the first few, and how many more there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_SHOWN: Final = 3


def listed(items: Iterable[object], at_most: int = _SHOWN) -> str:
    """The first few items, and how many more there are."""
    texts = [str(item) for item in items]
    more = f" and {len(texts) - at_most} more" if len(texts) > at_most else ""
    return ", ".join(texts[:at_most]) + more
