"""Stakewiz: a public directory of validators; it observes meta (names, commissions, MEV commissions) as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aurora_pipeline.asking.adapter import EVERYONE, Answer, Ask, Fetched, FetchScope, Question
from aurora_pipeline.asking.reading import UnreadableAnswer
from aurora_pipeline.asking.verdict import final, unavailable, unreadable
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.stakewiz.answers import read_epoch_info, read_validators

_EPOCH_INFO = Question(key="epoch_info", path="/epoch_info")
_VALIDATORS = Question(key="validators", path="/validators")


class Stakewiz:
    """The adapter of kind stakewiz."""

    kind = "stakewiz"
    serves: frozenset[str] = frozenset()
    observes = frozenset({DataType.META.value})

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing: it knows the present only."""
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Sample all validators between two looks at the epoch; a list that lacks one of the scope's is refused."""
        if data_type != DataType.META:
            raise ValueError(f"{self.kind} does not observe {data_type}")
        answers = [*await ask([_EPOCH_INFO]), *await ask([_VALIDATORS]), *await ask([_EPOCH_INFO])]
        try:
            shown = [read_epoch_info(answer, self._provider).epoch for answer in (answers[0], answers[-1])]
            listed = read_validators(answers[1], self._provider, scope.epoch)
        except UnreadableAnswer as error:
            return [unreadable(EVERYONE, error, answers)]
        if shown != [scope.epoch, scope.epoch]:
            reason = f"the sample is of epochs {shown[0]} to {shown[1]}, not of {scope.epoch} alone"
            return [unavailable(EVERYONE, reason, answers)]
        absent = [one.validator_key for one in scope.validators if one.validator_key not in listed]
        if absent:
            reason = f"{len(absent)} operated validators are not listed for epoch {scope.epoch}, first {absent[0]}"
            return [unavailable(EVERYONE, reason, answers)]
        return [final(EVERYONE, answers)]

    def passing_trouble(self, answer: Answer) -> str | None:
        """None: this API says what is wrong by HTTP status."""
        return None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """Identity by vote account, from a meta observation."""
        listed = [answer for answer in answers if answer.request.get("path") == _VALIDATORS.path]
        if not listed:
            return {}
        epoch = read_epoch_info(answers[0], self._provider).epoch
        rows = read_validators(listed[0], self._provider, epoch).values()
        return {row.vote_key: row.identity_key for row in rows if row.identity_key is not None}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it observes no positions."""
        return ()
