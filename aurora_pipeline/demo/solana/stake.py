"""The stake accounts of the simulated chain: whose they are, where they are delegated, how they began."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.parameters import Parameters
from aurora_pipeline.foundation.money import mul_div, share_bps, share_by_largest_remainder
from aurora_pipeline.foundation.units import Bps, Lamports

LAMPORTS_PER_SOL = 1_000_000_000
STAKE_RENT = 2_282_880
"""What 200 bytes of account data must hold to be rent-exempt."""
NEVER = 2**64 - 1
ANONYMOUS = -1

_STAKE_LADDER_SOL = (
    10_000, 14_000, 20_000, 30_000, 45_000, 70_000, 100_000, 150_000, 220_000, 330_000, 500_000, 750_000,
    1_100_000, 1_500_000, 2_000_000,
)  # fmt: skip
_KEY_SUFFIX_LETTERS = 5
_KEY_SUFFIX_SPACE = 58**_KEY_SUFFIX_LETTERS
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# Coprime to 58, so that multiplying by it only permutes the suffixes.
_KEY_STRIDE = 48_271 * 7_919
_KEY_STRIDE_INVERSE = pow(_KEY_STRIDE, -1, _KEY_SUFFIX_SPACE)
_KEY_OFFSET = 317_811_223
_CHANGES_WITHIN_EPOCHS = 12


@dataclass(frozen=True)
class StakeBook:
    """All stake accounts in columns, those of a validator side by side; the undelegated ones come last."""

    parameters: Parameters
    cast: Cast
    bounds: list[int]
    """Accounts of validator v are bounds[v]..bounds[v+1]-1."""
    genesis_stake: array[int]
    activated_in: array[int]
    deactivated_in: array[int]
    owner: array[int]
    """Index of the wallet in the cast, or ANONYMOUS."""

    def __len__(self) -> int:
        return self.parameters.stake_accounts

    def accounts_of(self, validator: int) -> range:
        return range(self.bounds[validator], self.bounds[validator + 1])

    def undelegated(self) -> range:
        return range(self.bounds[-1], len(self))

    def voter_of(self, account: int) -> int | None:
        """Index of the validator an account is delegated to."""
        if account >= self.bounds[-1]:
            return None
        low, high = 0, len(self.bounds) - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.bounds[middle] <= account else (low, middle)
        return low

    def is_active(self, account: int, epoch: int) -> bool:
        """Whether the account's stake earns in an epoch: it was activated before, and not deactivated before."""
        return self.activated_in[account] < epoch <= self.deactivated_in[account]

    def withdrawn_in(self, account: int) -> int:
        """The epoch from which on the account is no more: its owner takes the stake out once it has cooled down."""
        deactivated_in = self.deactivated_in[account]
        return NEVER if deactivated_in == NEVER or account >= self.bounds[-1] else deactivated_in + 2

    def changed_at_slot(self, account: int, epoch: int) -> int:
        """The slot of the epoch in which the account's owner created or deactivated it."""
        slots = self.parameters.slots_per_epoch
        # Not in the first slots, where stake may not be touched because rewards are being paid.
        return self.parameters.first_slot(epoch) + slots // 4 + self.parameters.draw(slots // 2, "change", account)

    def key(self, account: int) -> str:
        """The account's address; its last letters are its permuted number, so that addresses need no index."""
        number = (account * _KEY_STRIDE + _KEY_OFFSET + self.parameters.seed) % _KEY_SUFFIX_SPACE
        suffix = ""
        for _ in range(_KEY_SUFFIX_LETTERS):
            number, letter = divmod(number, 58)
            suffix += _LETTERS[letter]
        return self.parameters.key("stake", account)[:-_KEY_SUFFIX_LETTERS] + suffix

    def account_with_key(self, key: str) -> int | None:
        """The account that has an address, or None."""
        number = 0
        for letter in reversed(key[-_KEY_SUFFIX_LETTERS:]):
            value = _LETTERS.find(letter)
            if value < 0:
                return None
            number = number * 58 + value
        account = (number - _KEY_OFFSET - self.parameters.seed) * _KEY_STRIDE_INVERSE % _KEY_SUFFIX_SPACE
        return account if account < len(self) and self.key(account) == key else None

    def withdrawer(self, account: int) -> str:
        owner = self.owner[account]
        if owner == ANONYMOUS:
            return self.parameters.key("withdrawer", account)
        return self.cast.wallets[owner].address

    def staker(self, account: int) -> str:
        """The stake authority: the owner itself, or for pools the machine that delegates for them."""
        owner = self.owner[account]
        if owner != ANONYMOUS and self.cast.wallets[owner].role == "pool":
            return self.parameters.key("stake authority", self.cast.wallets[owner].name)
        return self.withdrawer(account)


def make_stake_book(parameters: Parameters, cast: Cast) -> StakeBook:
    """Draw all stake accounts: whales and dust, steady ones and ones that come or go."""
    random = parameters.random("stake accounts")
    undelegated = max(1, parameters.stake_accounts // 100)
    ladder = [(validator.index * 7 + 11) % len(_STAKE_LADDER_SOL) for validator in cast.validators]
    extra = share_by_largest_remainder(
        parameters.stake_accounts - undelegated - 4 * len(ladder),
        {index: 3 + step for index, step in enumerate(ladder)},
    )
    bounds = [0]
    for index in range(len(ladder)):
        bounds.append(bounds[-1] + 4 + extra[index])
    book = StakeBook(parameters, cast, bounds, array("Q"), array("Q"), array("Q"), array("l"))
    for index, step in enumerate(ladder):
        rung = Lamports(_STAKE_LADDER_SOL[step] * LAMPORTS_PER_SOL)
        target = share_bps(rung, Bps(9_000)) + Lamports(random.randrange(share_bps(rung, Bps(1_000))))
        count = len(book.accounts_of(index))
        # Inverse of a uniform draw: a Pareto tail without floats.
        weights = [10**12 // (2_000 + random.randrange(10**6)) for _ in range(count)]
        whole = sum(weights)
        for position in range(count):
            _add_account(book, random.getrandbits(64), index, position, mul_div(target, weights[position], whole))
    for _ in range(parameters.stake_accounts - bounds[-1]):
        book.genesis_stake.append(0)
        book.activated_in.append(NEVER)
        book.deactivated_in.append(NEVER)
        book.owner.append(ANONYMOUS)
    return book


def _add_account(book: StakeBook, bits: int, validator: int, position: int, stake: int) -> None:
    parameters, wallets = book.parameters, book.cast.wallets
    of_role = {role: [i for i, wallet in enumerate(wallets) if wallet.role == role] for role in ("client", "pool")}
    chance, size, when, who = bits & 0xFF, bits >> 8 & 0xFFFF, bits >> 24 & 0xFFFF, bits >> 40 & 0xFFFF
    owner, activated_in, deactivated_in = ANONYMOUS, book.parameters.genesis_epoch - 1 - when % 200, NEVER
    if position == 0:
        owner = of_role["pool"][validator % len(of_role["pool"])]
    elif position == 1:
        owner = 0 if validator < parameters.validators and validator % 3 == 0 else ANONYMOUS
    elif position in (2, 3):
        client = validator if position == 2 else 2 * validator + 1
        owner = of_role["client"][client % len(of_role["client"])] if chance < 180 else ANONYMOUS
    elif chance < 6:
        stake = 1 + size
    elif chance < 14:
        stake = size * LAMPORTS_PER_SOL // 2**16 + 1
    elif chance < 22:
        activated_in = parameters.genesis_epoch + when % _CHANGES_WITHIN_EPOCHS
    elif chance < 30:
        deactivated_in = parameters.genesis_epoch + when % _CHANGES_WITHIN_EPOCHS
    elif chance < 42:
        named = of_role["client"] + of_role["pool"]
        owner = named[who % len(named)]
    book.genesis_stake.append(stake)
    book.activated_in.append(max(0, activated_in))
    book.deactivated_in.append(deactivated_in)
    book.owner.append(owner)
