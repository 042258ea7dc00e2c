"""What the source of a chain family tells of a chain itself: where its head is, when a period began and ended.

What a family is before anybody is asked (units, keys, options) are its traits, in config/families/.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aurora_pipeline.asking.adapter import Answer, Ask
from aurora_pipeline.foundation.units import EpochNumber


@dataclass(frozen=True)
class ChainHead:
    """Where a chain's head, finalized or the newest, stands in the period that is running.

    Every family counts its time in slots, whether or not there is a block in each.
    """

    epoch: EpochNumber
    """The running period's number."""
    slot: int
    first_slot: int
    """The running period's first slot."""
    last_slot: int
    """The running period's last slot, which has not come yet."""
    settles_after: int = 0
    """How many slots a period's last one must lie behind the head before everything that was earned is credited."""
    looks: int = 6
    """How often to look at the running period for what its chain forgets."""

    @property
    def slots_gone(self) -> int:
        """How many slots of the running period lie behind the head."""
        return self.slot - self.first_slot

    @property
    def slots_in_period(self) -> int:
        """How many slots the running period has."""
        return self.last_slot - self.first_slot + 1


@dataclass(frozen=True)
class PeriodBounds:
    """What an ended period spans, with the answers that say so, in the order in which they were asked."""

    epoch: EpochNumber
    first_slot: int
    last_slot: int
    first_block_slot: int
    last_block_slot: int
    started_at: datetime
    ended_at: datetime
    answers: tuple[Answer, ...]


class FamilySource(Protocol):
    """How nodes of a family's chains are asked about the chain itself."""

    kind: str
    """The kind of provider that can be asked."""

    async def head(self, ask: Ask, provider: str) -> ChainHead:
        """Where the finalized head is."""
        ...

    async def now(self, ask: Ask, provider: str) -> ChainHead:
        """Where the newest block is that the chain forgets something about."""
        ...

    async def bounds(self, epoch: EpochNumber, ask: Ask, provider: str, network: str | None = None) -> PeriodBounds:
        """The bounds of a period that has ended, proven by the chain; raises UnreadableAnswer where they cannot be.

        It asks the same questions each time, so that stored answers tell the same bounds again. Where the chain's
        `network` is known, a node of another one is refused.
        """
        ...

    async def keys_of(self, numbers: Sequence[int], ask: Ask, provider: str) -> Mapping[int, str]:
        """The keys of validators that are named by their numbers, of those that there are."""
        ...

    def network(self, answers: Iterable[Answer], provider: str) -> str | None:
        """Which network told stored answers about a period; None where nodes of the family do not say."""
        ...

    def roots(self, answers: Iterable[Answer], provider: str) -> Mapping[int, str]:
        """Roots of blocks, by slot, that stored answers about a period tell; none where the family has none."""
        ...
