"""Solana as a chain family: its nodes know where the head is, and when an epoch began and ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aurora_pipeline.asking.adapter import Answer, Ask
from aurora_pipeline.foundation.units import EpochNumber
from aurora_pipeline.sources.family import ChainHead, PeriodBounds
from aurora_pipeline.sources.solana import periods
from aurora_pipeline.sources.solana.ask import SolanaRpc


class SolanaChains:
    """What any Solana node answers about its chain."""

    kind = SolanaRpc.kind

    async def head(self, ask: Ask, provider: str) -> ChainHead:
        """Where the finalized head is in the running epoch."""
        return await periods.head(ask, provider)

    async def now(self, ask: Ask, provider: str) -> ChainHead:
        """The same: what is observed is what is finalized."""
        return await self.head(ask, provider)

    async def bounds(self, epoch: EpochNumber, ask: Ask, provider: str, network: str | None = None) -> PeriodBounds:
        """The bounds of an epoch that has ended, proven at both ends by the parents of the blocks after them."""
        return await periods.bounds(epoch, ask, provider)

    async def keys_of(self, numbers: Sequence[int], ask: Ask, provider: str) -> Mapping[int, str]:
        """None: validators have no numbers."""
        return {}

    def network(self, answers: Iterable[Answer], provider: str) -> str | None:
        """None: which cluster a node belongs to is not asked."""
        return None

    def roots(self, answers: Iterable[Answer], provider: str) -> Mapping[int, str]:
        """None: bounds are told by slots."""
        return {}
