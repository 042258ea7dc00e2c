"""What a simulated Ethereum chain really did, told by its generator: the figures every pipeline over it must arrive at.

A window is named by the epochs in which money moves: the attestations of an epoch are paid when the chain enters the
epoch after the next. Balances are those of the state of the last slot before the window, and of its last slot.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache

from aurora_pipeline.demo.ethereum.building import Built
from aurora_pipeline.demo.ethereum.cast import EthereumCast
from aurora_pipeline.demo.ethereum.execution import BuiltBlock, ExecutionChain
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.state import Epoch, Move
from aurora_pipeline.demo.ethereum.world import BeaconWorld


@dataclass
class ConsensusTruth:
    """What one validator's balance went through in a window; all amounts in gwei, none of them negative."""

    head_rewards: int = 0
    target_rewards: int = 0
    source_rewards: int = 0
    target_penalties: int = 0
    source_penalties: int = 0
    inactivity_penalties: int = 0
    sync_rewards: int = 0
    """All its seats in one block together, as nodes tell them; a block that cost more than it paid is a penalty."""
    sync_penalties: int = 0
    proposed_attestations: int = 0
    proposed_sync: int = 0
    proposed_slashings: int = 0
    """What it earned as the proposer who reported others."""
    slashed: int = 0
    """The initial penalty."""
    correlated: int = 0
    """The penalty halfway to its end, by how much was slashed around it."""
    withdrawn: int = 0
    deposited: int = 0
    queued: int = 0
    """What left the balance when it began to compound, to come back as a deposit."""
    requeued: int = 0
    """What of that came back."""
    consolidated_in: int = 0
    consolidated_out: int = 0
    blocks_proposed: int = 0
    blocks_missed: int = 0

    @property
    def attested(self) -> int:
        """Attestations, rewards less penalties."""
        rewards = self.head_rewards + self.target_rewards + self.source_rewards
        return rewards - self.target_penalties - self.source_penalties - self.inactivity_penalties

    @property
    def synced(self) -> int:
        return self.sync_rewards - self.sync_penalties

    @property
    def proposed(self) -> int:
        return self.proposed_attestations + self.proposed_sync + self.proposed_slashings

    @property
    def in_rewards_api(self) -> int:
        """What the three rewards endpoints tell."""
        return self.attested + self.synced + self.proposed

    @property
    def rewards(self) -> int:
        """What was earned, before any penalty."""
        return self.head_rewards + self.target_rewards + self.source_rewards + self.sync_rewards + self.proposed

    @property
    def penalties(self) -> int:
        """What was charged, slashings included."""
        return self.rewards - self.profit

    @property
    def profit(self) -> int:
        """What was earned less what was charged."""
        return self.in_rewards_api - self.slashed - self.correlated

    @property
    def principal(self) -> int:
        """What came less what went, and is nobody's income."""
        came = self.deposited + self.requeued + self.consolidated_in
        return came - self.withdrawn - self.queued - self.consolidated_out


@dataclass(frozen=True)
class SlotTruth:
    """What one slot's duty brought on the execution layer, in wei."""

    slot: int
    epoch: int
    proposer: int
    built: Built | None
    """None for a missed slot."""
    block_number: int | None
    fee_recipient: str | None
    """The block's."""
    registered_recipient: str
    """The proposer's."""
    tips: int
    sent_directly: int
    """What was sent to the block's fee recipient in place of a tip."""
    burnt: int
    payment: int
    """What the builder paid the proposer's recipient."""
    paid_elsewhere: int
    """What it paid another address of the operator."""
    claimed: int | None
    relays: tuple[str, ...]
    phantom_claims: int
    """How many rows of relays are about a block that is not on the chain."""

    @property
    def is_own(self) -> bool:
        """Whether the proposer was the block's fee recipient."""
        return self.fee_recipient == self.registered_recipient

    @property
    def fees(self) -> int:
        """What a block that pays its proposer directly earned him."""
        return self.tips + self.sent_directly if self.is_own else 0

    @property
    def income(self) -> int:
        """What the proposer earned, wherever of the operator's it went."""
        return self.fees if self.is_own else self.payment + self.paid_elsewhere


@dataclass(frozen=True)
class WindowTruth:
    """One operated validator in one window."""

    index: int
    pubkey: str
    name: str
    client: str | None
    operator_fee_bps: int | None
    withdrawal_address: str
    start_balance: int
    end_balance: int
    effective_balance: int
    """In the window's last epoch."""
    status: str
    consensus: ConsensusTruth
    slots: tuple[SlotTruth, ...]

    @property
    def cl_profit(self) -> int:
        """By its balances alone, in gwei."""
        return self.end_balance - self.start_balance - self.consensus.principal

    @property
    def residual(self) -> int:
        """What the balances say and the moves do not: 0."""
        return self.cl_profit - self.consensus.profit

    @property
    def fees(self) -> int:
        """Of blocks without a builder's payment, in wei."""
        return sum(slot.fees for slot in self.slots)

    @property
    def payments(self) -> int:
        """Of builders, in wei."""
        return sum(slot.income - slot.fees for slot in self.slots)

    @property
    def profit_wei(self) -> int:
        """All of it, in wei."""
        return self.cl_profit * WEI_PER_GWEI + self.fees + self.payments


class EthereumTruth:
    """The truth about one chain."""

    def __init__(self, parameters: EthereumParameters) -> None:
        self.parameters = parameters
        self.world = BeaconWorld(parameters)
        self.execution = ExecutionChain(self.world)

    @property
    def cast(self) -> EthereumCast:
        return self.world.cast

    def validators(self, epochs: range) -> list[WindowTruth]:
        """Everybody the operator runs that was registered by the end of a window."""
        last = self.parameters.last_slot(epochs[-1])
        start, end = self._balances_before(epochs), self.world.balances(last)
        effective, moves = self.world.epoch(epochs[-1]).effective, self.consensus(epochs)
        slots: dict[int, list[SlotTruth]] = {}
        for slot in self.slots(epochs):
            slots.setdefault(slot.proposer, []).append(slot)
        found = []
        for person in self.cast.operated:
            record = self.world.state.registry.at(last, person.index) if person.index < len(end) else None
            if record is not None:
                index = person.index
                found.append(
                    WindowTruth(
                        index=index,
                        pubkey=person.pubkey,
                        name=person.name,
                        client=person.client,
                        operator_fee_bps=person.operator_fee_bps,
                        withdrawal_address=person.withdrawal_address,
                        start_balance=start[index] if index < len(start) else 0,
                        end_balance=end[index],
                        effective_balance=effective[index],
                        status=record.status(epochs[-1], end[index]),
                        consensus=moves[index],
                        slots=tuple(slots.get(index, ())),
                    )
                )
        return found

    def validator(self, index: int, epochs: range) -> WindowTruth:
        """One validator in a window."""
        return next(one for one in self.validators(epochs) if one.index == index)

    def _balances_before(self, epochs: range) -> array[int]:
        """In the state of the last slot before a window; at genesis where there is none."""
        if epochs[0] == self.parameters.first_epoch:
            return self.world.epoch(epochs[0]).balances
        return self.world.balances(self.parameters.first_slot(epochs[0]) - 1)

    def consensus(self, epochs: range) -> list[ConsensusTruth]:
        """What moved everybody's balance in a window, by index."""
        return _consensus(self, epochs)

    def slots(self, epochs: range) -> Iterator[SlotTruth]:
        """Every slot of a window but genesis."""
        for number in epochs:
            epoch = self.world.epoch(number)
            first = self.parameters.first_slot(number)
            for slot in range(max(first, 1), self.parameters.first_slot(number + 1)):
                yield self._slot(slot, number, epoch.proposers[slot - first])

    def _slot(self, slot: int, epoch: int, proposer: int) -> SlotTruth:
        block, claims = self.execution.at_slot(slot), self.execution.claims(slot)
        registered = self.cast.by_index[proposer].fee_recipient
        real = [claim for claim in claims if claim.is_canonical]
        return SlotTruth(
            slot=slot,
            epoch=epoch,
            proposer=proposer,
            built=block.draft.built if block else None,
            block_number=block.number if block else None,
            fee_recipient=block.draft.fee_recipient if block else None,
            registered_recipient=registered,
            tips=block.tips if block else 0,
            sent_directly=block.sent_directly if block else 0,
            burnt=block.burnt if block else 0,
            payment=_paid(block, registered),
            paid_elsewhere=_paid(block, self.cast.treasury),
            claimed=real[0].value if real else None,
            relays=tuple(claim.relay for claim in real),
            phantom_claims=len(claims) - len(real),
        )


def _paid(block: BuiltBlock | None, to: str) -> int:
    """What the block's fee recipient paid an account out of its own."""
    if block is None:
        return 0
    sent = (one for one in block.transactions if one.sender == block.draft.fee_recipient and one.is_successful)
    return sum(one.value for one in sent if one.to == to)


@lru_cache(maxsize=4)
def _consensus(told: EthereumTruth, epochs: range) -> list[ConsensusTruth]:
    found = [ConsensusTruth() for _ in told.world.epoch(epochs[-1]).balances]
    for number in epochs:
        epoch = told.world.epoch(number)
        _attestations(found, epoch)
        _blocks(found, epoch, told.parameters)
    return found


def _attestations(found: list[ConsensusTruth], epoch: Epoch) -> None:
    if epoch.paid is None:
        return
    for index, one in enumerate(found):
        head, target, source, inactivity = epoch.paid.attested(index)
        one.head_rewards += head
        one.target_rewards += max(target, 0)
        one.target_penalties += max(-target, 0)
        one.source_rewards += max(source, 0)
        one.source_penalties += max(-source, 0)
        one.inactivity_penalties -= inactivity


def _blocks(found: list[ConsensusTruth], epoch: Epoch, parameters: EthereumParameters) -> None:
    moves = list(epoch.moves)
    first = parameters.first_slot(epoch.number)
    for slot in range(max(first, 1), parameters.first_slot(epoch.number + 1)):
        block = epoch.blocks.get(slot)
        proposer = found[epoch.proposers[slot - first]]
        if block is None:
            proposer.blocks_missed += 1
            continue
        proposer.blocks_proposed += 1
        moves += block.moves
        for validator, amount in block.sync_rewards().items():
            found[validator].sync_rewards += max(amount, 0)
            found[validator].sync_penalties += max(-amount, 0)
    for move in moves:
        one = found[move.validator]
        setattr(one, _FIELDS[move.kind], getattr(one, _FIELDS[move.kind]) + abs(move.amount))


_FIELDS = {kind: next(field.name for field in fields(ConsensusTruth) if field.name == kind.value) for kind in Move}


@lru_cache(maxsize=2)
def truth_of(parameters: EthereumParameters) -> EthereumTruth:
    """The truth of some parameters, kept because the next window's builds on it."""
    return EthereumTruth(parameters)
