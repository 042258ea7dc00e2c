"""The simulated execution chain: its blocks one after the other, who paid what in each, and everybody's balance."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aurora_pipeline.demo.ethereum import protocol
from aurora_pipeline.demo.ethereum.building import (
    BLOB_GAS_PRICE,
    GAS_LIMIT,
    GAS_PER_BLOB,
    BlockPlan,
    Builders,
    Built,
    SentTransaction,
)
from aurora_pipeline.demo.ethereum.cast import BUILDERS, RELAYS
from aurora_pipeline.demo.ethereum.protocol import WEI_PER_GWEI
from aurora_pipeline.demo.ethereum.state import PaidWithdrawal, ProposedBlock
from aurora_pipeline.demo.ethereum.world import BeaconWorld

_FIRST_BASE_FEE = 7 * WEI_PER_GWEI
_WEALTH = 10**26
"""What users and builders begin with."""


@dataclass(frozen=True)
class BuiltBlock:
    """One block of the execution chain."""

    number: int
    slot: int
    proposer: int
    base_fee: int
    draft: BlockPlan
    withdrawals: Sequence[PaidWithdrawal]
    nonces: tuple[int, ...]
    """Of its transactions' senders."""

    @property
    def transactions(self) -> tuple[SentTransaction, ...]:
        return self.draft.transactions

    @property
    def gas_used(self) -> int:
        return sum(one.gas_used for one in self.transactions)

    @property
    def blob_gas_used(self) -> int:
        return sum(one.blobs for one in self.transactions) * GAS_PER_BLOB

    @property
    def tips(self) -> int:
        """What its gas pays the fee recipient."""
        return sum(one.tip(self.base_fee) for one in self.transactions)

    @property
    def sent_directly(self) -> int:
        """What was sent to the fee recipient in place of a tip."""
        sent = (one for one in self.transactions if one.to == self.draft.fee_recipient and one.is_successful)
        return sum(one.value for one in sent if not one.tip(self.base_fee))

    @property
    def burnt(self) -> int:
        return self.base_fee * self.gas_used + self.blob_gas_used * BLOB_GAS_PRICE


@dataclass(frozen=True)
class Claim:
    """What one relay says it delivered for a slot."""

    slot: int
    relay: str
    builder: str
    number: int
    proposer: int
    recipient: str
    """Whom the proposer had told it to pay."""
    value: int
    gas_used: int
    transactions: int
    is_canonical: bool
    """False for a block that is not on the chain: the slot was missed, or another block won."""


class ExecutionChain:
    """Follows the beacon chain block by block."""

    def __init__(self, world: BeaconWorld) -> None:
        self.world = world
        self._builders = Builders(world.parameters, world.cast)
        self._blocks: list[BuiltBlock] = []
        self._by_slot: dict[int, BuiltBlock] = {}
        self._claims: dict[int, list[Claim]] = defaultdict(list)
        self._base_fee = _FIRST_BASE_FEE
        self._epochs = 0
        self._nonces: dict[str, int] = defaultdict(int)
        self._balances: dict[str, list[tuple[int, int]]] = {}
        for rich in [*self._builders.users, *(world.cast.builder(name) for name in BUILDERS)]:
            self._balances[rich] = [(0, _WEALTH)]

    def at_slot(self, slot: int) -> BuiltBlock | None:
        """The block of a slot; None for a missed one."""
        self._follow(slot)
        return self._by_slot.get(slot)

    def numbered(self, number: int) -> BuiltBlock | None:
        """A block by its number, if the part of the chain that was followed has it; 0 is genesis, which has none."""
        return self._blocks[number - 1] if 0 < number <= len(self._blocks) else None

    def last_until(self, slot: int) -> BuiltBlock | None:
        """The newest block at a slot or before."""
        self._follow(slot)
        known = bisect_right(self._blocks, slot, key=lambda block: block.slot)
        return self._blocks[known - 1] if known else None

    def claims(self, slot: int) -> Sequence[Claim]:
        """What relays say of a slot."""
        self._follow(slot)
        return self._claims.get(slot, ())

    def balance(self, address: str, number: int) -> int:
        """What an account holds after a block, in wei."""
        history = self._balances.get(address, [])
        known = bisect_right(history, number, key=lambda change: change[0])
        return history[known - 1][1] if known else 0

    @property
    def accounts(self) -> list[str]:
        """Everybody whose balance ever moved."""
        return list(self._balances)

    def _follow(self, slot: int) -> None:
        parameters = self.world.parameters
        while self._epochs <= parameters.epoch_of(slot):
            epoch = self.world.epoch(self._epochs)
            first = parameters.first_slot(epoch.number)
            for number in range(max(first, 1), parameters.first_slot(epoch.number + 1)):
                block = epoch.blocks.get(number)
                if block is None:
                    self._miss(number, epoch.proposers[number - first])
                else:
                    self._execute(block)
            self._epochs += 1

    def _execute(self, block: ProposedBlock) -> None:
        proposer = self.world.cast.by_index[block.proposer]
        draft = self._builders.build(block.slot, proposer, self._base_fee)
        nonces = tuple(self._next_nonce(one.sender) for one in draft.transactions)
        number = len(self._blocks) + 1
        built = BuiltBlock(number, block.slot, block.proposer, self._base_fee, draft, block.withdrawals, nonces)
        self._blocks.append(built)
        self._by_slot[block.slot] = built
        for address, amount in _moves(built):
            self._credit(address, number, amount)
        self._base_fee = protocol.next_base_fee(self._base_fee, built.gas_used, GAS_LIMIT)
        if draft.claimed is not None and draft.builder is not None:
            for relay in draft.relays:
                self._claim(built, relay, draft.builder, draft.claimed, is_canonical=True)
        elif draft.built is Built.LOCALLY and proposer.is_operated:
            # It asked a relay, too, and then took its own block, which was worth more.
            self._claim(built, RELAYS[0], BUILDERS[0], built.tips * 9 // 10 + 1, is_canonical=False)

    def _miss(self, slot: int, proposer: int) -> None:
        """A relay delivered a block that never came to be: so it says."""
        validator, epoch = self.world.cast.by_index[proposer], self.world.parameters.epoch_of(slot)
        if validator.is_operated and not self.world.plot.is_offline(proposer, epoch):
            value = self.world.parameters.draw(10**17, "phantom", slot)
            number = len(self._blocks) + 1
            to = validator.fee_recipient
            claim = Claim(slot, RELAYS[1], BUILDERS[1], number, proposer, to, value, 21_000, 1, is_canonical=False)
            self._claims[slot].append(claim)

    def _claim(self, block: BuiltBlock, relay: str, builder: str, value: int, *, is_canonical: bool) -> None:
        self._claims[block.slot].append(
            Claim(
                block.slot,
                relay,
                builder,
                block.number,
                block.proposer,
                block.draft.registered,
                value,
                block.gas_used,
                len(block.transactions),
                is_canonical,
            )
        )

    def _next_nonce(self, sender: str) -> int:
        self._nonces[sender] += 1
        return self._nonces[sender] - 1

    def _credit(self, address: str, number: int, amount: int) -> None:
        history = self._balances.setdefault(address, [])
        balance = (history[-1][1] if history else 0) + amount
        if history and history[-1][0] == number:
            history[-1] = number, balance
        else:
            history.append((number, balance))


def _moves(block: BuiltBlock) -> Iterator[tuple[str, int]]:
    """Who gains or loses what in a block, in wei."""
    miner = block.draft.fee_recipient
    for one in block.transactions:
        paid = one.price(block.base_fee) * one.gas_used + one.blobs * GAS_PER_BLOB * BLOB_GAS_PRICE
        value = one.value if one.is_successful else 0
        yield one.sender, -paid - value
        if value and one.to is not None:
            yield one.to, value
        yield miner, one.tip(block.base_fee)
    for withdrawal in block.withdrawals:
        yield withdrawal.address, withdrawal.amount * WEI_PER_GWEI
