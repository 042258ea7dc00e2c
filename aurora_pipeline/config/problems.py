"""A configuration that cannot be used, and what was probably meant instead of a word that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from aurora_pipeline.foundation.errors import AuroraError
from aurora_pipeline.foundation.mistakes import Mistake, counted, in_order, listing


class ConfigurationError(AuroraError):
    """The configuration cannot be used; `mistakes` lists every mistake that was found."""

    code = "configuration-has-mistakes"
    what_to_do = "Correct every mistake that is listed; `aurora config check` finds them all."

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = in_order(mistakes)
        heading = f"{counted(self.mistakes)} in the configuration, nothing was started"
        super().__init__(f"{heading}:\n{listing(self.mistakes)}")


def did_you_mean(word: str, known: Iterable[str], what: str) -> str:
    """A remedy that names the nearest known word, or all of them when none is near."""
    choices = sorted(known)
    near = difflib.get_close_matches(word.lower(), [choice.lower() for choice in choices], n=1)
    if near:
        match = next(choice for choice in choices if choice.lower() == near[0])
        return f'did you mean "{match}"?'
    if not choices:
        return f"there is no {what} to choose from"
    return f"known {what}s: {', '.join(choices)}"
