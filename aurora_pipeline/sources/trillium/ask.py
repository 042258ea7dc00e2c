"""Trillium: a public API with everything about all validators of an ended epoch, by formulas of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, Fetched, FetchScope, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, not_listed, not_yet_listed, partly_listed, pending, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.trillium.answers import TrilliumValidator, read_validators
from aurora_pipeline.sources.trillium.lacking import lack_of

_TOGETHER: Final = frozenset({DataType.META.value, DataType.COSTS.value})
_NOT_FOUND: Final = 404


class Trillium:
    """The adapter of kind trillium."""

    kind = "trillium"
    serves = frozenset(
        role.value for role in (DataType.FEES, DataType.MEV, DataType.REWARDS, DataType.META, DataType.COSTS)
    )
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Fetch the epoch's array, which serves every data type."""
        if data_type not in self.serves:
            raise ValueError(f"{self.kind} does not serve {data_type}")
        keys = [one.validator_key for one in scope.validators]
        subjects = [EVERYONE] if data_type in _TOGETHER else keys
        answers = await ask([self._question(scope.epoch)])
        try:
            listed = {} if answers[0].status == _NOT_FOUND else read_validators(answers[0], self._provider, scope.epoch)
        except UnreadableAnswer as error:
            return [unreadable(subject, error, answers) for subject in subjects]
        if not listed:
            reason = f"{self._provider} has not published epoch {scope.epoch} yet"
            return [pending(subject, reason, answers, other_may_know=True) for subject in subjects]
        if subjects == [EVERYONE]:
            return [self._of_everyone(data_type, keys, listed, scope.epoch, answers)]
        return [self._of_one(key, listed.get(key), DataType(data_type), scope.epoch, answers) for key in keys]

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: it tells about ended epochs only."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: this API says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by validator."""
        epoch = _epoch_asked(answers[0]) if answers else None
        rows = {} if epoch is None else read_validators(answers[0], self._provider, epoch)
        return {key: row.identity_key for key, row in rows.items() if row.identity_key is not None}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it lists no positions."""
        return ()

    def _question(self, epoch: EpochNumber) -> Question:
        return Question(
            key=f"validator_rewards {epoch}",
            path=f"/validator_rewards/{epoch}",
            accepts=lambda answer: self._settles(answer, epoch),
        )

    def _settles(self, answer: Answer, epoch: EpochNumber) -> bool:
        try:
            return bool(read_validators(answer, self._provider, epoch))
        except UnreadableAnswer:
            return False

    def _of_one(
        self, key: str, row: TrilliumValidator | None, role: DataType, epoch: EpochNumber, answers: Sequence[Answer]
    ) -> Fetched:
        if row is None:
            return not_listed(key, self._not_listed(epoch), answers)
        lack = lack_of(row, role, self._provider)
        if lack is None:
            return final(key, answers)
        # Who earned no tips has none in its row for good; fees and commission are filled in.
        return (not_listed if role is DataType.MEV else not_yet_listed)(key, lack, answers)

    def _of_everyone(
        self,
        data_type: str,
        keys: Sequence[str],
        listed: Mapping[str, TrilliumValidator],
        epoch: EpochNumber,
        answers: Sequence[Answer],
    ) -> Fetched:
        absent = [key for key in keys if key not in listed]
        if absent:
            reason = f"{self._not_listed(epoch)}: {len(absent)} operated validators, first {absent[0]}"
            return partly_listed(EVERYONE, reason, answers)
        lacks = {key: lack_of(listed[key], DataType(data_type), self._provider) for key in keys}
        lacking = [f"{lack}: {key}" for key, lack in lacks.items() if lack is not None]
        return partly_listed(EVERYONE, lacking[0], answers) if lacking else final(EVERYONE, answers)

    def _not_listed(self, epoch: EpochNumber) -> str:
        return f"{self._provider} does not list it in epoch {epoch}"


def _epoch_asked(answer: Answer) -> EpochNumber | None:
    last = str(answer.request.get("path", "")).rpartition("/")[2]
    return EpochNumber(int(last)) if last.isascii() and last.isdigit() else None
