"""Who built a block of the simulated chain, what its transactions are, and what the proposer is paid for it."""

from __future__ import annotations

from enum import StrEnum
from random import Random
from typing import NamedTuple

from aurora_pipeline.demo.ethereum.cast import BUILDERS, RELAYS, EthereumCast, Validator
from aurora_pipeline.demo.ethereum.parameters import EthereumParameters
from aurora_pipeline.demo.ethereum.protocol import GWEI_PER_ETH, WEI_PER_GWEI

ZERO_ADDRESS = "0x" + "00" * 20
GAS_LIMIT = 36_000_000
GAS_PER_BLOB = 131_072
BLOB_GAS_PRICE = 1
_TRANSFER_GAS = 21_000
_CONTRACT_PAYMENT_GAS = 29_530
_GAS_OF_BUILDERS = 1_000_000
_USERS = 8
_LEGACY, _ACCESS_LIST, _DYNAMIC, _BLOB = range(4)
_LOTTERY_WEI = 14 * GWEI_PER_ETH * WEI_PER_GWEI + 123_456_789


class Built(StrEnum):
    """How a block came about, and how its proposer is paid."""

    LOCALLY = "locally"
    """By the proposer, who is the block's fee recipient."""
    WITH_TRANSFERS = "with_transfers"
    """By the proposer; a searcher sends the fee recipient coins in place of a tip, and somebody deposits some there."""
    PAID = "paid"
    """By a builder, who pays what the relay claims."""
    LOTTERY = "lottery"
    """As above, far more than the tips are."""
    SHORT = "short"
    """By a builder, who pays half of it."""
    UNPAID = "unpaid"
    """By a builder, who pays nothing."""
    ELSEWHERE = "elsewhere"
    """By a builder, who pays another address of the operator."""
    LOST = "lost"
    """By a builder, who pays the zero address: the proposer had registered nobody."""
    TO_OWN = "to_own"
    """By a builder, who made the proposer's own address the fee recipient."""


_OURS = (
    *(Built.PAID, Built.LOCALLY, Built.SHORT, Built.PAID, Built.WITH_TRANSFERS, Built.UNPAID, Built.PAID),
    *(Built.ELSEWHERE, Built.LOCALLY, Built.TO_OWN, Built.LOTTERY, Built.PAID),
)
_BY_OURSELVES = (Built.LOCALLY, Built.WITH_TRANSFERS)


class SentTransaction(NamedTuple):
    """One transaction with its receipt, amounts in wei."""

    type: int
    sender: str
    to: str | None
    value: int
    gas_used: int
    max_fee: int
    max_priority: int
    """Equal to `max_fee` for the types that know one price only."""
    is_successful: bool
    blobs: int = 0

    def price(self, base_fee: int) -> int:
        """What it pays per gas."""
        return base_fee + min(self.max_fee - base_fee, self.max_priority)

    def tip(self, base_fee: int) -> int:
        """What its gas pays the fee recipient, whether it failed or not."""
        return (self.price(base_fee) - base_fee) * self.gas_used


class BlockPlan(NamedTuple):
    """A block's content before it is executed."""

    built: Built
    builder: str | None
    fee_recipient: str
    transactions: tuple[SentTransaction, ...]
    registered: str
    """Whom the proposer told the relays to pay."""
    payment: int
    """What the builder pays in its last transaction."""
    claimed: int | None
    """What relays say the proposer gets; None without a relay."""
    relays: tuple[str, ...]


class Builders:
    """Builds the blocks of the chain in their order, so that the operator's meet every way of being paid."""

    def __init__(self, parameters: EthereumParameters, cast: EthereumCast) -> None:
        self._parameters = parameters
        self._cast = cast
        self._ours = 0
        self.users = [parameters.address("user", number) for number in range(_USERS)]

    def build(self, slot: int, proposer: Validator, base_fee: int) -> BlockPlan:
        """The next block."""
        random = self._parameters.random("block", slot)
        built = self._how(proposer, random)
        transactions = [self._sent(random, base_fee, is_first=not number) for number in range(self._count(random))]
        tips = sum(one.tip(base_fee) for one in transactions)
        if built is Built.WITH_TRANSFERS:
            transactions.append(self._deposit(random, proposer.fee_recipient, base_fee))
        if built in (Built.WITH_TRANSFERS, Built.TO_OWN):
            transactions.append(self._searcher(random, proposer.fee_recipient, base_fee))
            tips += transactions[-1].value
        if built in _BY_OURSELVES:
            own = proposer.fee_recipient
            return BlockPlan(built, None, own, tuple(transactions), own, 0, None, ())
        builder = BUILDERS[random.randrange(len(BUILDERS))]
        relays = (RELAYS, RELAYS[:1], RELAYS[1:])[random.randrange(3)]
        if built is Built.TO_OWN:
            own = proposer.fee_recipient
            return BlockPlan(built, builder, own, tuple(transactions), own, 0, tips, relays)
        # Builders bid below what a block earns them, and at times above.
        claimed = _LOTTERY_WEI + slot if built is Built.LOTTERY else tips * random.randrange(85, 104) // 100
        payment = {Built.SHORT: claimed // 2, Built.UNPAID: 0}.get(built, claimed)
        miner = self._cast.builder(builder)
        if payment:
            transactions.append(self._payment(random, miner, self._paid_to(built, proposer), payment, base_fee))
        registered = ZERO_ADDRESS if built is Built.LOST else proposer.fee_recipient
        return BlockPlan(built, builder, miner, tuple(transactions), registered, payment, claimed, relays)

    def _how(self, proposer: Validator, random: Random) -> Built:
        if proposer.is_operated:
            self._ours += 1
            return _OURS[(self._ours - 1) % len(_OURS)]
        return random.choice((Built.PAID, Built.PAID, Built.PAID, Built.LOCALLY, Built.LOCALLY, Built.LOST))

    def _count(self, random: Random) -> int:
        return random.randrange(self._parameters.transactions // 2, self._parameters.transactions * 3 // 2 + 1)

    def _paid_to(self, built: Built, proposer: Validator) -> str:
        others = {Built.ELSEWHERE: self._cast.treasury, Built.LOST: ZERO_ADDRESS}
        return others.get(built, proposer.fee_recipient)

    def _sent(self, random: Random, base_fee: int, *, is_first: bool) -> SentTransaction:
        # No block carries more blobs than it should, so that their price stays at its least.
        kind = random.choice((_LEGACY, _ACCESS_LIST, _DYNAMIC, _DYNAMIC, _DYNAMIC, _BLOB if is_first else _DYNAMIC))
        # Blocks are half full on average, so that the base fee stays about where it is.
        most = (GAS_LIMIT - _GAS_OF_BUILDERS) // max(1, self._parameters.transactions * 3 // 2)
        priority = random.choice((0, 1, 1_000_000_000, 1_500_000_007, 2_000_000_011)) + random.randrange(1_000)
        if kind in (_LEGACY, _ACCESS_LIST):
            max_fee = max_priority = base_fee + priority
        else:
            # Some give less room above the base fee than they say to tip.
            max_fee, max_priority = base_fee + random.choice((priority // 2, priority, base_fee)), priority
        is_creation = kind == _LEGACY and not random.randrange(4)
        return SentTransaction(
            kind,
            random.choice(self.users),
            None if is_creation else self._parameters.address("contract", random.randrange(5)),
            0 if is_creation else random.randrange(10**18),
            random.randrange(most // 2, most),
            max_fee,
            min(max_priority, max_fee),
            bool(random.randrange(6)),
            blobs=random.randrange(1, 7) if kind == _BLOB else 0,
        )

    def _searcher(self, random: Random, to: str, base_fee: int) -> SentTransaction:
        value = random.randrange(1, 10**17)
        return SentTransaction(_DYNAMIC, random.choice(self.users), to, value, _TRANSFER_GAS, base_fee, 0, True)

    def _deposit(self, random: Random, to: str, base_fee: int) -> SentTransaction:
        """Coins of somebody who tips like everybody, so that they pay for no block."""
        value, tip = random.randrange(1, 10**18), WEI_PER_GWEI
        return SentTransaction(_DYNAMIC, random.choice(self.users), to, value, _TRANSFER_GAS, base_fee + tip, tip, True)

    def _payment(self, random: Random, miner: str, to: str, payment: int, base_fee: int) -> SentTransaction:
        gas = random.choice((_TRANSFER_GAS, _TRANSFER_GAS, _TRANSFER_GAS, _CONTRACT_PAYMENT_GAS))
        return SentTransaction(_DYNAMIC, miner, to, payment, gas, base_fee, 0, True)
