"""Words that people give freely, as names, reasons and notes: one line that prints as it reads."""

from __future__ import annotations

from aurora_pipeline.foundation.errors import TextRefused

NAME_MAX = 200
REASON_MAX = 2_000


def unprintable(text: str) -> str | None:
    """The first character that does not print, like U+0000, a line break or a mark that turns the text's direction."""
    return next((f"U+{ord(letter):04X}" for letter in text if not letter.isprintable()), None)


def fault(text: str, length_max: int) -> str | None:
    """What keeps a text from being one line of printable characters; None: nothing."""
    if not text.strip():
        return "it is empty"
    if len(text) > length_max:
        return f"it has {len(text)} characters, not 1 to {length_max}"
    if len(text.splitlines()) > 1:
        return "it has a line break"
    letter = unprintable(text)
    return None if letter is None else f"it holds {letter}, which does not print"


def name(text: str, what: str = "name") -> str:
    """The text without blanks around it, as a name; raises where it is none."""
    found = fault(text, NAME_MAX)
    if found is not None:
        shown = ascii(text[:NAME_MAX])
        raise TextRefused(f"{shown} is no {what}: {found}", f"give one line of 1 to {NAME_MAX} printable characters")
    return text.strip()


def reason(text: str) -> str:
    """The text without blanks around it, which may be empty; raises where it is not one printable line."""
    found = fault(text, REASON_MAX) if text.strip() else None
    if found is not None:
        raise TextRefused(
            f"the reason cannot be recorded: {found}", f"give one line of 1 to {REASON_MAX} printable characters"
        )
    return text.strip()
