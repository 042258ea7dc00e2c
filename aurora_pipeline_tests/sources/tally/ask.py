"""Tally: what it is asked, and what its answers are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.asking.adapter import Answer, Ask, Fetched, FetchScope, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, not_listed, not_yet_listed, pending, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline_tests.sources.tally.answers import TallyFees, read_fees

NEWEST = Question("epochs", "/epochs")
_NOT_FOUND = 404


class Tally:
    """The adapter of kind tally."""

    kind = "tally"
    serves = frozenset({DataType.FEES.value})
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """One list has the fees of all validators."""
        if data_type not in self.serves:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        keys = [one.validator_key for one in scope.validators]
        question = Question(f"fees {scope.epoch}", f"/epochs/{scope.epoch}/fees")
        answers = await ask([question])
        if answers[0].status == _NOT_FOUND:
            late = f"{self._provider} has not published epoch {scope.epoch} yet"
            return [pending(key, late, answers, other_may_know=True) for key in keys]
        try:
            listed = read_fees(answers[0], self._provider, scope.epoch)
        except UnreadableAnswer as error:
            return [unreadable(key, error, answers) for key in keys]
        return [self._judged(key, listed.get(key), scope.epoch, answers) for key in keys]

    def _judged(self, key: str, row: TallyFees | None, epoch: int, answers: Sequence[Answer]) -> Fetched:
        """Final only where its row is a figure; whatever is not is asked for again, here and elsewhere."""
        if row is None:
            return not_listed(key, f"{self._provider} does not list it in epoch {epoch}", answers)
        lack = row.lack(self._provider)
        return final(key, answers) if lack is None else not_yet_listed(key, lack, answers)

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: it tells of ended epochs only."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: it says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: it knows no identities."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it knows no stake accounts."""
        return ()
