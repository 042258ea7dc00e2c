"""Text as it may be shown: what would not print, or would turn or colour the line, stands as its escape."""

from __future__ import annotations

from typing import Final
from unicodedata import bidirectional, category

_TURNING: Final = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))


def printable(text: str) -> str:
    """The text with control, direction and other marks that do not print written out, line breaks and tabs kept."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in "\n\t" else _escaped(letter) for letter in text)


def harmless(text: str) -> str:
    """A stranger's text with what a database cannot hold, or what turns a line, written out; joiners of signs stay."""
    if text.isprintable():
        return text
    return "".join(
        _escaped(letter) if category(letter) == "Cc" or bidirectional(letter) in _TURNING else letter for letter in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
