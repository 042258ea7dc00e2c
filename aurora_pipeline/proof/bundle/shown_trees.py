"""Merkle trees of which some leaves are shown: the hashes of all that is hidden, subtree by subtree. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from aurora_pipeline.proof.bundle.documents import Row
from aurora_pipeline.store.merkle import root

LOG: Final = "log"
"""The kind of the one tree whose size is told as it is: the checkpoint names it."""


def shown_tree(of: str, kind: str, hashes: Sequence[bytes], shown: Sequence[int]) -> Row:
    """A tree as a bundle has it; `shown` are places in rising order."""
    hidden = [one.hex() for one in _hidden(hashes, shown, 0, len(hashes))]
    size = len(hashes) if kind == LOG else told_size(len(hashes), shown)
    return {"of": of, "kind": kind, "size": str(size), "shown": ranges(shown), "hashes": hidden}


def told_size(size: int, shown: Sequence[int]) -> int:
    """The smallest size whose root is made of the same hashes: what is hidden at the right end counts as one leaf.

    A root does not say how many leaves it has, so another size could be told; and how many rows others have is theirs.
    """
    low = 0
    while low <= shown[-1] and size - low > 1:
        low += 1 << (size - low - 1).bit_length() - 1
    return low + 1


def ranges(places: Sequence[int]) -> list[str]:
    """Rising places as single ones and ranges."""
    starts = [one for before, one in pairwise([-2, *places]) if one != before + 1]
    ends = [one for one, after in pairwise([*places, -2]) if after != one + 1]
    return [str(start) if start == end else f"{start}-{end}" for start, end in zip(starts, ends, strict=True)]


def _hidden(hashes: Sequence[bytes], shown: Sequence[int], low: int, high: int) -> Iterator[bytes]:
    first = bisect_left(shown, low)
    if first == len(shown) or shown[first] >= high:
        yield root(hashes[low:high])
        return
    if high - low == 1:
        return
    middle = low + (1 << (high - low - 1).bit_length() - 1)
    yield from _hidden(hashes, shown, low, middle)
    yield from _hidden(hashes, shown, middle, high)
