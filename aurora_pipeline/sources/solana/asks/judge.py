"""How much answers of a node are worth: errors first, then whatever their reader finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aurora_pipeline.asking.adapter import Answer, Fetched
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, unavailable, unreadable
from aurora_pipeline.sources.solana import questions as questions
from aurora_pipeline.sources.solana.errors import trouble_in


def judge(provider: str, subject: str, answers: Sequence[Answer], read: Callable[[], str | None]) -> Fetched:
    """Final if `read` finds nothing wrong; it returns why not, or raises UnreadableAnswer."""
    try:
        trouble = trouble_in(answers, provider)
        if trouble is not None:
            return Fetched(subject, trouble.state, trouble.reason, tuple(answers), trouble.other_may_know)
        problem = read()
    except UnreadableAnswer as error:
        return unreadable(subject, error, answers)
    return final(subject, answers) if problem is None else unavailable(subject, problem, answers)
