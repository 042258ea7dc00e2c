"""Who attests in which slot of a simulated epoch, how well, and in which block the votes arrive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from math import isqrt

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import HEAD, SOURCE, TARGET
from aurora_pipeline.demo.ethereum.state import Included, State

_ONE_IN = 40
"""Of how many voters one votes late, or for another head."""


class Vote(IntEnum):
    """How a validator attests."""

    TIMELY = 0
    WRONG_HEAD = 1
    LATE = 2
    TOO_LATE = 3
    """So late that it does not count for the source either."""


class Votes:
    """The votes that no block holds yet."""

    def __init__(self, parameters: EthereumParameters) -> None:
        self._parameters = parameters
        self._waiting: list[tuple[int, Vote, list[int]]] = []
        self._source_delay = isqrt(parameters.slots_per_epoch)

    def begin(self, epoch: int, active: Sequence[int], is_away: Callable[[int], bool]) -> None:
        """Share the validators that are there out to the slots of an epoch, as committees."""
        random = self._parameters.random("committees", epoch)
        present = [index for index in active if not is_away(index)]
        random.shuffle(present)
        worse = {
            random.randrange(len(present)): Vote(random.randrange(1, len(Vote)))
            for _ in range(len(present) // _ONE_IN + 1 if present else 0)
        }
        slots, first = self._parameters.slots_per_epoch, self._parameters.first_slot(epoch)
        found: dict[tuple[int, Vote], list[int]] = {}
        for offset in range(slots):
            found[first + offset, Vote.TIMELY] = present[offset::slots]
        for position, vote in sorted(worse.items()):
            slot = first + position % slots
            found[slot, Vote.TIMELY].remove(present[position])
            found.setdefault((slot, vote), []).append(present[position])
        # Older ones are no longer accepted.
        oldest = self._parameters.first_slot(epoch - 1)
        self._waiting = [waiting for waiting in self._waiting if waiting[0] >= oldest]
        self._waiting += [(slot, vote, voters) for (slot, vote), voters in sorted(found.items()) if voters]

    def arrive(self, state: State, slot: int, total_active: int) -> tuple[list[Included], int]:
        """The attestations that a block holds, and what they earn its proposer."""
        included, reward = [], 0
        left = []
        for waiting in self._waiting:
            voted, vote, voters = waiting
            if voted >= slot or slot - voted < self._least_delay(vote):
                left.append(waiting)
                continue
            flags = self._flags(vote, slot - voted)
            marks = state.marks[self._parameters.epoch_of(voted)]
            increments = 0
            for voter in voters:
                marks[voter] |= flags
                increments += state.effective[voter]
            increments //= protocol.INCREMENT
            per_increment = protocol.base_reward_per_increment(total_active)
            reward += protocol.proposer_attestation_reward(increments, flags, per_increment)
            included.append(Included(voted, vote is not Vote.WRONG_HEAD, voters))
        self._waiting = left
        return included, reward

    def _least_delay(self, vote: Vote) -> int:
        return {Vote.LATE: 2, Vote.TOO_LATE: self._source_delay + 1}.get(vote, 1)

    def _flags(self, vote: Vote, delay: int) -> int:
        flags = TARGET
        if delay <= self._source_delay:
            flags |= SOURCE
        if delay == 1 and vote is Vote.TIMELY:
            flags |= HEAD
        return flags
