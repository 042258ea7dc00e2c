"""The simulated beacon state: balances and queues as they stand, and what is kept of each epoch and block."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.plot import Event
from aurora_pipeline.demo.ethereum.protocol import HEAD, SOURCE, TARGET, Participation
from aurora_pipeline.demo.ethereum.registry import Registry

ELIGIBLE, SLASHED = 8, 16
"""Beside the flags of an attestation: who is judged at all, and who was slashed and so counts as absent."""
_T = TypeVar("_T")


class Move(StrEnum):
    """Why a balance moves, apart from attestations and sync committees."""

    SLASHED = "slashed"
    CORRELATED = "correlated"
    DEPOSITED = "deposited"
    REQUEUED = "requeued"
    """What was queued because the validator began to compound comes back."""
    QUEUED = "queued"
    CONSOLIDATED_OUT = "consolidated_out"
    CONSOLIDATED_IN = "consolidated_in"
    WITHDRAWN = "withdrawn"
    PROPOSED_ATTESTATIONS = "proposed_attestations"
    PROPOSED_SYNC = "proposed_sync"
    PROPOSED_SLASHINGS = "proposed_slashings"


class Moved(NamedTuple):
    """One move of one validator's balance, in gwei and with its sign."""

    validator: int
    kind: Move
    amount: int


class PaidWithdrawal(NamedTuple):
    """One withdrawal of a block, in gwei."""

    number: int
    validator: int
    address: str
    amount: int


class QueuedDeposit(NamedTuple):
    pubkey: str
    withdrawal_address: str
    is_compounding: bool
    amount: int
    slot: int
    """0, as the protocol has it, for what was queued by a validator that began to compound."""


class QueuedPartial(NamedTuple):
    validator: int
    amount: int
    withdrawable_epoch: int


class QueuedConsolidation(NamedTuple):
    source: int
    target: int


class Finality(NamedTuple):
    """The epochs of the three checkpoints."""

    previous_justified: int = 0
    current_justified: int = 0
    finalized: int = 0


class Attested(NamedTuple):
    """What an epoch's attestations earned or cost one validator."""

    head: int
    target: int
    source: int
    inactivity: int

    @property
    def total(self) -> int:
        return sum(self)


@dataclass(frozen=True)
class Settlement:
    """The attestations of one epoch, as they are paid when the chain enters the epoch after the next."""

    epoch: int
    participation: Participation
    marks: bytearray
    """By validator its flags, ELIGIBLE and SLASHED."""
    effective: array[int]
    scores: dict[int, int]
    """Inactivity scores that are not 0."""
    _known: dict[tuple[int, int], Attested] = field(default_factory=dict)

    def is_judged(self, index: int) -> bool:
        """Whether the validator had the duty, or still pays for having been slashed."""
        return index < len(self.marks) and bool(self.marks[index] & ELIGIBLE)

    def attested(self, index: int) -> Attested:
        """What the validator is paid and charged."""
        if not self.is_judged(index):
            return Attested(0, 0, 0, 0)
        effective, marks = self.effective[index], self.marks[index]
        known = self._known.get((effective, marks))
        if known is None:
            known = self._known[effective, marks] = self.ideal(effective, marks)
        score = 0 if marks & TARGET and not marks & SLASHED else self.scores.get(index, 0)
        return known._replace(inactivity=-protocol.inactivity_penalty(effective, score)) if score else known

    def ideal(self, effective: int, marks: int = HEAD | TARGET | SOURCE) -> Attested:
        """What somebody of an effective balance earns for some flags, but for the inactivity penalty."""
        flags = 0 if marks & SLASHED else marks
        head, target, source = (
            protocol.flag_reward(effective, flag, self.participation)
            if flags & flag
            else -protocol.flag_penalty(effective, flag, self.participation.base_reward_per_increment)
            for flag in (HEAD, TARGET, SOURCE)
        )
        return Attested(head, target, source, 0)


class Included(NamedTuple):
    """One attestation of a block: of which slot, and by whom."""

    slot: int
    is_right_head: bool
    voters: Sequence[int]


@dataclass
class ProposedBlock:
    """What one beacon block did to balances, and what it holds."""

    slot: int
    proposer: int
    committee: Sequence[int]
    """The sync committee's seats, in which a validator can sit more than once."""
    took_part: Sequence[bool]
    seat_reward: int
    spared: dict[int, int] = field(default_factory=dict)
    """By seat what it was charged less than others, because nothing was left of the balance of who sits in it."""
    attestations: list[Included] = field(default_factory=list)
    withdrawals: list[PaidWithdrawal] = field(default_factory=list)
    operations: list[Event] = field(default_factory=list)
    moves: list[Moved] = field(default_factory=list)

    def seats(self) -> Iterator[tuple[int, int]]:
        """Who sits in each seat of the sync committee, and what he earned or was charged."""
        for seat, (validator, took_part) in enumerate(zip(self.committee, self.took_part, strict=True)):
            yield validator, self.seat_reward if took_part else self.spared.get(seat, 0) - self.seat_reward

    def sync_rewards(self) -> dict[int, int]:
        """By validator what its seats earned or cost."""
        found: dict[int, int] = {}
        for validator, amount in self.seats():
            found[validator] = found.get(validator, 0) + amount
        return found

    def proposed(self, kind: Move) -> int:
        """What the proposer earned of one kind."""
        return sum(move.amount for move in self.moves if move.kind is kind)

    def deltas(self) -> dict[int, int]:
        """By validator how its balance moved in this block."""
        found = self.sync_rewards()
        for move in self.moves:
            found[move.validator] = found.get(move.validator, 0) + move.amount
        return found


@dataclass
class Epoch:
    """One epoch: the state with which it began, before its first block, and what was paid on the way in."""

    number: int
    balances: array[int]
    effective: array[int]
    total_active: int
    finality: Finality
    proposers: Sequence[int]
    committee: Sequence[int]
    paid: Settlement | None
    moves: list[Moved]
    blocks: dict[int, ProposedBlock] = field(default_factory=dict)


class ChangingValue(Generic[_T]):
    """A value that changes with slots, and how it read at each."""

    def __init__(self, value: _T) -> None:
        self._changes: list[tuple[int, _T]] = [(-1, value)]

    @property
    def now(self) -> _T:
        return self._changes[-1][1]

    def change(self, slot: int, value: _T) -> None:
        self._changes.append((slot, value))

    def at(self, slot: int) -> _T:
        return self._changes[bisect_right(self._changes, slot, key=lambda change: change[0]) - 1][1]


class State:
    """The beacon state as it stands."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.balances: list[int] = []
        self.effective: list[int] = []
        self.scores: dict[int, int] = {}
        self.slashed_stake: dict[int, int] = {}
        """By epoch the effective balance that was slashed in it."""
        self.finality = Finality()
        self.justified: list[bool] = [False] * 4
        """Whether the epoch that ends was justified, and the three before it."""
        self.marks: dict[int, bytearray] = {}
        """By epoch the flags of everybody's attestation."""
        self.deposits: ChangingValue[tuple[QueuedDeposit, ...]] = ChangingValue(())
        self.partials: ChangingValue[tuple[QueuedPartial, ...]] = ChangingValue(())
        self.consolidations: ChangingValue[tuple[QueuedConsolidation, ...]] = ChangingValue(())
        self.next_withdrawal = 0
        self.next_swept = 0

    def move(self, validator: int, kind: Move, amount: int) -> Moved:
        """Move a balance; like the protocol's, it never falls below zero, and what moved is what is returned."""
        amount = max(amount, -self.balances[validator])
        self.balances[validator] += amount
        return Moved(validator, kind, amount)
