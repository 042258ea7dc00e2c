"""Many in few words: the first few and how many more there are, or numbers as the spans that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

_SHOWN: Final = 3


def listed(items: Iterable[object], at_most: int = _SHOWN) -> str:
    """The first few items, and how many more there are."""
    texts = [str(item) for item in items]
    more = f" and {len(texts) - at_most} more" if len(texts) > at_most else ""
    return ", ".join(texts[:at_most]) + more


def spans(numbers: Sequence[int], step: int = 1) -> str:
    """Numbers in order as people write them: 850..855, 857. Those `step` apart follow each other."""
    parts: list[tuple[int, int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - step:
            parts[-1] = (parts[-1][0], number)
        else:
            parts.append((number, number))
    return ", ".join(f"{first}" if first == last else f"{first}..{last}" for first, last in parts)
