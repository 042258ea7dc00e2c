"""A secret in every spelling in which a server or a library may repeat it, to be found and taken out."""

from __future__ import annotations

import base64
import html.entities
import re
from collections.abc import Iterable
from functools import cache
from typing import Final
from urllib.parse import unquote, unquote_plus

# No encoder changes letters and digits, so looking for some of them first spares nearly every text the slow search.
_ANCHOR: Final = re.compile(r"[A-Za-z0-9]{4,}")
# More than once, because a text that is encoded twice reads %252F; bounded, because the texts are strangers'.
_PERCENT: Final = "%(?:25){0,4}"
_AMPERSAND: Final = "&(?:amp;){0,4}"
_ENTITIES: Final = {
    letter: sorted(name.rstrip(";") for name, told in html.entities.html5.items() if told == letter)
    for letter in "&<>\"'/+="
}


class Spellings:
    """Finds texts however they are encoded: plain, percent-encoded in part or twice, in JSON, in HTML, in base64."""

    def __init__(self, texts: Iterable[str], length_min: int) -> None:
        readings = {reading for text in texts for reading in _readings(text) if len(reading) >= length_min}
        # The longest first: a secret may hold another one.
        self._found_by = [(_anchor(reading), reading) for reading in sorted(readings, key=len, reverse=True)]

    def taken_out(self, text: str, instead: str) -> str:
        """The text without any of them."""
        for anchor, reading in self._found_by:
            if anchor in text:
                text = _pattern(reading).sub(lambda match: instead, text)
        return text

    def are_in(self, body: bytes) -> bool:
        """Whether any of them stands in some bytes, which may be many."""
        suspected = [reading for anchor, reading in self._found_by if anchor.encode() in body]
        return bool(suspected) and any(_pattern(one).search(body.decode("utf-8", "replace")) for one in suspected)


def _readings(text: str) -> set[str]:
    """A text as it is written, as it reads decoded, and what HTTP's basic authentication makes of it."""
    plain = {text, unquote(text), unquote_plus(text)}
    raw = [reading.encode("utf-8", "surrogatepass") for reading in plain]
    encoded = {
        encode(one).decode().rstrip("=") for one in raw for encode in (base64.b64encode, base64.urlsafe_b64encode)
    }
    return plain | encoded


def _anchor(text: str) -> str:
    return max(_ANCHOR.findall(text), key=len, default="")


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(_letter(letter) for letter in text))


def _letter(letter: str) -> str:
    """One letter in any encoding."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    ways = [
        r"\\{0,8}" + re.escape(letter),
        "".join(f"{_PERCENT}(?i:{byte:02x})" for byte in letter.encode("utf-8", "surrogatepass")),
        "".join(rf"\\{{1,8}}u(?i:{units[place : place + 4]})" for place in range(0, len(units), 4)),
        rf"{_AMPERSAND}\#(?:0{{0,6}}{ord(letter)}|[xX]0{{0,6}}(?i:{ord(letter):x}));?",
    ]
    if letter == " ":
        ways.append(r"\+")
    if names := _ENTITIES.get(letter):
        ways.append(rf"{_AMPERSAND}(?:{'|'.join(names)});?")
    return f"(?:{'|'.join(ways)})"
