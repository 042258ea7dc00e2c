"""Mistakes in configuration as values: found one by one, shown all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aurora_pipeline.foundation.errors import AuroraError

_SHOWN_AT_MOST = 30


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what is wrong, what to do. Never holds a secret."""

    file: str
    line: int | None
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        subject = f"{self.path}: " if self.path else ""
        return f"{place}  {subject}{self.message}\n    -> {self.remedy}"


class ConfigurationError(AuroraError):
    """The configuration cannot be used; `problems` lists every mistake that was found."""

    code = "configuration-has-mistakes"
    what_to_do = "Correct every mistake that is listed; `aurora config check` finds them all."

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(
            sorted(problems, key=lambda problem: (problem.file, problem.line or 0))
        )
        count = len(self.problems)
        heading = "1 mistake" if count == 1 else f"{count} mistakes"
        listing = "\n".join(f"  {problem}" for problem in self.problems[:_SHOWN_AT_MOST])
        if count > _SHOWN_AT_MOST:
            listing += f"\n  ... and {count - _SHOWN_AT_MOST} more"
        super().__init__(f"{heading} in the configuration, nothing was started:\n{listing}")


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
