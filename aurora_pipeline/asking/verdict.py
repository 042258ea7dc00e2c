"""The ends a fetch can come to besides success, put the same way by every adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aurora_pipeline.asking.adapter import Fetched, FileTrouble, ProviderDown
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import RecordedAnswer

_SHOWN_LENGTH_MAX: Final = 200


def final(subject: str, answers: Sequence[RecordedAnswer], reason: str | None = None) -> Fetched:
    """The answers say all there is."""
    return Fetched(subject, FigureState.FINAL, reason, tuple(answers))


def pending(subject: str, reason: str, answers: Sequence[RecordedAnswer] = (), other_may_know: bool = False) -> Fetched:
    """It is not there yet."""
    return Fetched(subject, FigureState.PENDING, reason, tuple(answers), other_may_know)


def unavailable(
    subject: str, reason: str, answers: Sequence[RecordedAnswer] = (), other_may_know: bool = True
) -> Fetched:
    """This provider cannot tell."""
    return Fetched(subject, FigureState.UNAVAILABLE, reason, tuple(answers), other_may_know)


def not_listed(subject: str, reason: str, answers: Sequence[RecordedAnswer]) -> Fetched:
    """This provider's whole list of the period does not have it: what the list said before is withdrawn."""
    return Fetched(subject, FigureState.UNAVAILABLE, reason, tuple(answers), other_may_know=True, retracts=True)


def partly_listed(subject: str, reason: str, answers: Sequence[RecordedAnswer]) -> Fetched:
    """This provider's whole list of the period has some of it only: what it said before of the rest is withdrawn."""
    return Fetched(subject, FigureState.PARTIAL, reason, tuple(answers), other_may_know=True, retracts=True)


def useless_file(subject: str, trouble: FileTrouble, problem: str, answers: Sequence[RecordedAnswer] = ()) -> Fetched:
    """A file of the operator's that is not there or cannot be read: no retry cures that, and no figure goes by it."""
    state = FigureState.UNAVAILABLE
    return Fetched(subject, state, problem, tuple(answers), other_may_know=True, file_trouble=trouble)


def unreadable(subject: str, error: UnreadableAnswer, answers: Sequence[RecordedAnswer]) -> Fetched:
    """What came is no answer: pending, because the next one may be; and another provider is asked now."""
    return pending(subject, error.message, answers, other_may_know=True)


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
