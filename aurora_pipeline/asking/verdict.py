"""The ends a fetch can come to, put the same way by every adapter.

Whatever is not final doubts the answers it rests on: where an earlier run stored them, they are asked for again. An
adapter whose answers are many names those that are to blame (`ask_again`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aurora_pipeline.asking.adapter import Fetched, FileTrouble, ProviderDown
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer

_SHOWN_LENGTH_MAX: Final = 200


Answers = Sequence[RecordedAnswer]


def keys_of(answers: Answers) -> frozenset[str]:
    """The request keys of answers."""
    return frozenset(answer.request_key for answer in answers)


def final(subject: str, answers: Answers, reason: str | None = None) -> Fetched:
    """The answers say all there is."""
    return Fetched(subject, FigureState.FINAL, reason, tuple(answers))


def pending(
    subject: str,
    reason: str,
    answers: Answers = (),
    other_may_know: bool = False,
    ask_again: frozenset[str] | None = None,
) -> Fetched:
    """It is not there yet."""
    again = keys_of(answers) if ask_again is None else ask_again
    return Fetched(subject, FigureState.PENDING, reason, tuple(answers), other_may_know, ask_again=again)


def unavailable(
    subject: str,
    reason: str,
    answers: Answers = (),
    other_may_know: bool = True,
    ask_again: frozenset[str] | None = None,
) -> Fetched:
    """This provider cannot tell."""
    again = keys_of(answers) if ask_again is None else ask_again
    return Fetched(subject, FigureState.UNAVAILABLE, reason, tuple(answers), other_may_know, ask_again=again)


def not_listed(subject: str, reason: str, answers: Answers) -> Fetched:
    """This provider's whole list of the period does not have it: what the list said before is withdrawn."""
    return replace(unavailable(subject, reason, answers), retracts=True)


def not_yet_listed(subject: str, reason: str, answers: Answers) -> Fetched:
    """As `not_listed`, but its row is there, and what it lacks will be filled in: waiting helps."""
    return replace(pending(subject, reason, answers, other_may_know=True), retracts=True)


def partly_listed(subject: str, reason: str, answers: Answers) -> Fetched:
    """This provider's whole list of the period has some of it only: what it said before of the rest is withdrawn."""
    return replace(not_listed(subject, reason, answers), state=FigureState.PARTIAL)


def useless_file(subject: str, trouble: FileTrouble, problem: str, answers: Answers = ()) -> Fetched:
    """A file of the operator's that is not there or cannot be read: no retry cures that, and no figure goes by it."""
    state = FigureState.UNAVAILABLE
    return Fetched(subject, state, problem, tuple(answers), other_may_know=True, file_trouble=trouble)


def unreadable(
    subject: str, error: UnreadableAnswer, answers: Answers, ask_again: frozenset[str] | None = None
) -> Fetched:
    """What came is no answer: pending, because the next one may be; and another provider is asked now."""
    return pending(subject, error.message, answers, other_may_know=True, ask_again=ask_again)


class Stumbled(Exception):
    """The answers of a provider broke the code that judges them: no figure rests on them, and nothing else stops."""

    def __init__(self, provider: str, data_type: str, error: Exception) -> None:
        super().__init__(
            f"{provider}: what it answered about {data_type} can't be judged"
            f" ({type(error).__name__}: {str(error)[:_SHOWN_LENGTH_MAX]}); please report it"
        )


def not_understood(subject: str, error: Stumbled) -> Fetched:
    """Nothing of what came can be used: pending, because the next answer may be better; another provider is asked."""
    return pending(subject, str(error), other_may_know=True)


def down(subject: str, error: ProviderDown) -> Fetched:
    """The provider went away in the middle: pending, and another provider is asked now."""
    return pending(subject, f"provider down: {error}", other_may_know=True)
