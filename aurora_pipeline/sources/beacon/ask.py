"""A beacon node: which questions answer a data type, and what their answers' state is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from aurora_pipeline.asking.adapter import Answer, Ask, AskMany, Fetched, FetchScope
from aurora_pipeline.sources.beacon.answers.envelope import OPTIMISTIC

_OPTIMISTIC: Final = re.compile(rb'"execution_optimistic"\s*:\s*true')


class BeaconApi:
    """The adapter of kind beacon_api."""

    kind = "beacon_api"
    serves: frozenset[str] = frozenset()
    observes: frozenset[str] = frozenset()

    def __init__(self, provider: str) -> None:
        self._provider = provider

    async def fetch(self, data_type: str, scope: FetchScope, ask: AskMany) -> list[Fetched]:
        """Nothing."""
        raise ValueError(f"{self.kind} does not serve {data_type}")

    async def observe(self, data_type: str, scope: FetchScope, ask: Ask) -> list[Fetched]:
        """Nothing."""
        raise ValueError(f"{self.kind} does not observe {data_type}")

    def passing_trouble(self, answer: Answer) -> str | None:
        """Why an answer should be asked again after a pause: the node only assumes yet that it is right."""
        return OPTIMISTIC if _OPTIMISTIC.search(answer.body) is not None else None

    def identities(self, answers: Sequence[Answer]) -> Mapping[str, str]:
        """None: a validator signs its blocks with its own key."""
        return {}

    def stake_accounts(self, answers: Sequence[Answer], validator_key: str) -> tuple[str, ...]:
        """None: it observes no positions."""
        return ()
