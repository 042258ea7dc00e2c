"""One epoch of blocks: who leads which slot, which slots are skipped, who votes in which block, what users pay."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from random import Random

from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import SLOTS_PER_TURN, Parameters
from aurora_pipeline.foundation.money import mul_div

SIGNATURE_FEE = 5_000
_MAX_CREDITS_PER_VOTE = 16


@dataclass(frozen=True)
class UserTransaction:
    """A transaction that is no vote; a failed one pays all the same."""

    signatures: int
    priority_fee: int
    has_failed: bool

    @property
    def fee(self) -> int:
        return SIGNATURE_FEE * self.signatures + self.priority_fee


@dataclass(frozen=True)
class BlockFees:
    """What the transactions of one block paid, and what of it the leader received."""

    base: int
    priority: int

    @property
    def burned(self) -> int:
        return mul_div(self.base, 50, 100)

    @property
    def reward(self) -> int:
        return self.priority + self.base - self.burned


class SlotSet:
    """A set of slots of one epoch, by their index, in one bit each."""

    def __init__(self, bits: int, slots: int) -> None:
        self.bits = bits
        self._bytes = bits.to_bytes((slots + 7) // 8, "little")

    def __contains__(self, index: int) -> bool:
        return bool(self._bytes[index >> 3] >> (index & 7) & 1)

    def __len__(self) -> int:
        return self.bits.bit_count()

    def count_until(self, index: int) -> int:
        """How many members are at or before an index."""
        return (self.bits & _first_bits(index + 1)).bit_count()

    def last_until(self, index: int) -> int | None:
        """The last member at or before an index."""
        known = self.bits & _first_bits(index + 1)
        return known.bit_length() - 1 if known else None


def _first_bits(count: int) -> int:
    return (1 << count) - 1


def _rare_bits(random: Random, slots: int, halvings: int) -> int:
    """Bits that are set with probability 2^-halvings each."""
    bits = _first_bits(slots)
    for _ in range(halvings):
        bits &= random.getrandbits(slots)
    return bits


class EpochChain:
    """The blocks of one epoch; indices are slots relative to the epoch's first slot."""

    def __init__(self, parameters: Parameters, cast: Cast, epoch: int, stake_weights: Sequence[int]) -> None:
        self.parameters = parameters
        self.cast = cast
        self.epoch = epoch
        self.first_slot = parameters.first_slot(epoch)
        self._slots = parameters.slots_per_epoch
        self._since_first = epoch - parameters.first_epoch
        self.turns = self._draw_turns(stake_weights)
        self.down_from = self._slots * 2 // 5
        """Index from which on the epoch's delinquent validator is down."""
        random = parameters.random("blocks", epoch)
        self.produced = SlotSet(_first_bits(self._slots) & ~self._draw_skipped(random), self._slots)
        self._empty = _rare_bits(random, self._slots, 9) & ~1
        self.votes = [self._draw_votes(random, validator.index) for validator in cast.validators]

    @property
    def delinquent(self) -> int | None:
        """The validator that goes down in this epoch and is back in the next."""
        return self.epoch * 7 % self.parameters.validators if self._since_first % 5 == 1 else None

    def leader(self, index: int) -> int:
        return self.turns[index // SLOTS_PER_TURN]

    def _draw_turns(self, stake_weights: Sequence[int]) -> list[int]:
        """Leaders by stake; in every third epoch the smallest operated validator gets no turn."""
        weights = list(stake_weights)
        if self._since_first % 3 == 0:
            operated = range(self.parameters.validators)
            weights[min(operated, key=lambda validator: (weights[validator], validator))] = 0
        ends = list(accumulate(weights))
        random = self.parameters.random("leaders", self.epoch)
        return [bisect_right(ends, random.randrange(ends[-1])) for _ in range(self._slots // SLOTS_PER_TURN)]

    def _draw_skipped(self, random: Random) -> int:
        bits = _rare_bits(random, self._slots, 5)
        sloppy = _rare_bits(random, self._slots, 2)
        unlucky = self._only_skipping()
        for turn, leader in enumerate(self.turns):
            slots_of_turn = _first_bits(SLOTS_PER_TURN) << turn * SLOTS_PER_TURN
            if leader == unlucky:
                bits |= slots_of_turn
            if self.cast.is_sloppy(leader):
                bits |= sloppy & slots_of_turn
            if leader == self.delinquent:
                bits |= slots_of_turn & ~_first_bits(self.down_from)
        if self._since_first % 4 == 2:
            bits |= 0b11
        if self.epoch == self.parameters.first_epoch:
            bits &= ~1
        return bits

    def _only_skipping(self) -> int | None:
        """In every third epoch the operated validator with the fewest turns produces no block at all."""
        turns = [(self.turns.count(validator), validator) for validator in range(self.parameters.validators)]
        leading = [item for item in turns if item[0] > 0]
        return min(leading)[1] if leading and self._since_first % 3 == 1 else None

    def _draw_votes(self, random: Random, validator: int) -> SlotSet:
        missed = _rare_bits(random, self._slots, 3 if self.cast.is_sloppy(validator) else 5 + validator % 4)
        voted = self.produced.bits & ~self._empty & ~missed
        if validator == self.delinquent:
            voted &= _first_bits(self.down_from)
        return SlotSet(voted, self._slots)

    @cached_property
    def block_indices(self) -> list[int]:
        """Indices of the slots that have a block, ascending."""
        return [index for index in range(self._slots) if index in self.produced]

    def leader_indices(self, validator: int) -> list[int]:
        return [
            turn * SLOTS_PER_TURN + offset
            for turn, leader in enumerate(self.turns)
            if leader == validator
            for offset in range(SLOTS_PER_TURN)
        ]

    def voters(self, index: int) -> list[int]:
        """The validators with a vote transaction in the block, all of which pay one signature."""
        return [validator for validator, voted in enumerate(self.votes) if index in voted]

    def credits(self, validator: int, until_index: int | None = None) -> int:
        """Vote credits earned in the epoch, or until a slot of it; late votes earn less than the full 16."""
        voted = self.votes[validator]
        votes = len(voted) if until_index is None else voted.count_until(until_index)
        return votes * _MAX_CREDITS_PER_VOTE - votes * (1 + validator % 5) // 40

    def user_transactions(self, index: int) -> list[UserTransaction]:
        """Five to eight transactions, or none in the rare empty block."""
        if self._empty >> index & 1:
            return []
        raw = self._block_draws(index)
        transactions = []
        for offset in range(1, 1 + 7 * (5 + raw[0] % 4), 7):
            bid = raw[offset + 2] << 8 | raw[offset + 3]
            odd_lamports = raw[offset + 4] << 8 | raw[offset + 5]
            transactions.append(
                UserTransaction(
                    signatures=2 if raw[offset] % 5 == 0 else 1,
                    priority_fee=1_000_000 + mul_div(bid * bid, 25_000_000, 65_535**2) + odd_lamports,
                    has_failed=raw[offset + 1] < 16,
                )
            )
        return transactions

    def fees(self, index: int) -> BlockFees:
        users = self.user_transactions(index)
        signatures = len(self.voters(index)) + sum(user.signatures for user in users)
        return BlockFees(base=SIGNATURE_FEE * signatures, priority=sum(user.priority_fee for user in users))

    def tips(self, index: int) -> int:
        """MEV tips of a block that reach the leader's tip distribution account, if it has one."""
        if self._empty >> index & 1:
            return 0
        raw = self._block_draws(index)
        bid = raw[57] << 8 | raw[58]
        return 1_000_000 + mul_div(bid * bid, 60_000_000, 65_535**2) + (raw[59] << 8 | raw[60])

    def _block_draws(self, index: int) -> bytes:
        return hashlib.blake2b(b"%d/block/%d" % (self.parameters.seed, self.first_slot + index)).digest()
