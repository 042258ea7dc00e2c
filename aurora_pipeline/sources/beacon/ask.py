"""A beacon node: which questions answer a data type of a window that is final, and what it is asked while one runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import LEADER_SCHEDULE, Answer, Ask, AskMany, Fetched, FetchScope
from aurora_pipeline.config.vocabulary import DataType
from aurora_pipeline.sources.beacon import questions
from aurora_pipeline.sources.beacon.answers.envelope import OPTIMISTIC
from aurora_pipeline.sources.beacon.asks.duties import seen_duties
from aurora_pipeline.sources.beacon.asks.rewards import EarnedFetch
from aurora_pipeline.sources.beacon.asks.settled import settled

_NAME: Final = b'"execution_optimistic"'
_OPTIMISTIC: Final = re.compile(_NAME + rb"\s*:\s*true")


class BeaconApi:
    """The adapter of kind beacon_api. It asks about everyone at once: most answers are about blocks and epochs."""

    kind = "beacon_api"
    serves = frozenset({DataType.REWARDS.value, DataType.META.value, DataType.POSITIONS.value})
    observes = frozenset({LEADER_SCHEDULE})

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Fetch rewards, meta or positions: the states of a window's ends do not change any more."""
        match data_type:
            case DataType.REWARDS:
                return await EarnedFetch(self.kind, self._provider, scope, ask).fetch()
            case DataType.META:
                return [await settled(self._provider, scope, ask, [questions.END])]
            case DataType.POSITIONS:
                return [await settled(self._provider, scope, ask, [questions.START, questions.END])]
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Who has to propose now: the rest of the chain's past can be asked for."""
        if data_type != LEADER_SCHEDULE:
            raise ValueError(f"{self.kind} does not observe {data_type}")
        return await seen_duties(self._provider, scope, ask)

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why an answer should be asked again after a pause: the node only assumes yet that it is right."""
        # Answers are long: the name alone is found in a third of the time that the pattern takes.
        start = answer.body.find(_NAME)
        return None if start < 0 or _OPTIMISTIC.search(answer.body, start) is None else OPTIMISTIC

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: a validator signs its blocks with its own key."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """The one account of a validator: itself."""
        return (validator_key,)
