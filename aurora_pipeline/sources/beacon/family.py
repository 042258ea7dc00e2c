"""Ethereum as a chain family: its beacon nodes know what is final, and slots have their instants by arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aurora_pipeline.asking.adapter import Answer, Ask, ProviderDown
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.beacon import periods, questions
from aurora_pipeline.sources.beacon.answers.validators import read_validators
from aurora_pipeline.sources.beacon.ask import BeaconApi
from aurora_pipeline.sources.beacon.asks.states import validators_in
from aurora_pipeline.sources.beacon.windows import Windows
from aurora_pipeline.sources.family import ChainHead, PeriodBounds


class EthereumChains:
    """What any beacon node answers about its chain, for windows of one kind."""

    kind = BeaconApi.kind

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    async def head(self, ask: Ask, provider: str) -> ChainHead:
        """Where the finalized checkpoint is in the running window."""
        return await periods.head(self._windows, ask, provider)

    async def now(self, ask: Ask, provider: str) -> ChainHead:
        """Where the node's head is: duties are forgotten before their epoch is final."""
        return await periods.now(self._windows, ask, provider)

    async def bounds(self, epoch: EpochNumber, ask: Ask, provider: str, network: str | None = None) -> PeriodBounds:
        """The bounds of a window that is final, proven at both ends by the parents of blocks."""
        return await periods.bounds(self._windows, epoch, ask, provider, network)

    async def keys_of(self, numbers: Sequence[int], ask: Ask, provider: str) -> Mapping[int, str]:
        """Public keys by index, in the finalized state: those never change."""
        ids = [str(number) for number in numbers]
        answers = await validators_in(ask, provider, "finalized", ids, questions.KEYS)
        if answers is None:
            raise ProviderDown(provider, "it does not have the finalized state", may_pass=True)
        return {one.index: key for answer in answers for key, one in read_validators(answer, provider).items()}

    def network(self, answers: Iterable[Answer], provider: str) -> str | None:
        """Which network told answers, by its genesis."""
        return periods.network_of(answers, provider)

    def roots(self, answers: Iterable[Answer], provider: str) -> Mapping[int, str]:
        """Roots of the blocks around a window's ends, from their headers."""
        return periods.roots_of(answers, provider)
