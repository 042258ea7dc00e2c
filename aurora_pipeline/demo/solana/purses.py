"""What the accounts of validators hold: identities earn block fees and pay for votes, collectors keep commission."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import accumulate

from aurora_pipeline.demo.solana.cast import Cast
from aurora_pipeline.demo.solana.chain import SIGNATURE_FEE, EpochChain
from aurora_pipeline.demo.solana.economy import EpochEconomy
from aurora_pipeline.demo.solana.parameters import Parameters

VOTE_ACCOUNT_RENT = 27_074_400
_FIRST_BALANCE = 1_000_000_000_000


class Purses:
    """Balances at any place of the chain; nobody withdraws anything, so they only earn and pay for votes."""

    def __init__(self, parameters: Parameters, cast: Cast, economies: list[EpochEconomy]) -> None:
        self._parameters = parameters
        self._cast = cast
        self._economies = economies
        self._earned: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
        self._collected: dict[tuple[str, int], int] = {}
        self._starts: dict[tuple[str, int], int] = {}

    def collected(self, address: str, epoch: int) -> int:
        """What a collector holds once the rewards of an epoch are paid."""
        known = self._collected.get((address, epoch))
        if known is None:
            paid = [economy.commission_paid_to(address) or 0 for economy in self._economies if economy.epoch <= epoch]
            known = self._collected[address, epoch] = VOTE_ACCOUNT_RENT + sum(paid)
        return known

    def before_vote(self, chain: EpochChain, index: int, validator: int) -> int:
        """What a validator's identity holds before its vote in a block, which follows those of lower numbers."""
        identity = self._cast.identity(validator, chain.epoch)
        sharing = [one for one in self._sharing(identity, chain.epoch) if one < validator and index in chain.votes[one]]
        return self._before(chain, index, identity) - SIGNATURE_FEE * len(sharing)

    def after_fees(self, chain: EpochChain, index: int) -> int:
        """What the leader's identity holds after a block."""
        return self._before(chain, index + 1, self._cast.identity(chain.leader(index), chain.epoch))

    def _before(self, chain: EpochChain, index: int, identity: str) -> int:
        return self._start(identity, chain.epoch) + self._moved(chain, index, identity)

    def _moved(self, chain: EpochChain, index: int, identity: str) -> int:
        """What the blocks of an epoch before an index brought an identity and took from it."""
        moved = 0
        for validator in self._sharing(identity, chain.epoch):
            indices, sums = self._fees(chain, validator)
            moved += sums[bisect_left(indices, index)]
            moved -= SIGNATURE_FEE * chain.votes[validator].count_until(index - 1)
        return moved

    def _start(self, identity: str, epoch: int) -> int:
        """What it holds when an epoch begins; one that is new has what was put in it before."""
        known = self._starts.get((identity, epoch))
        if known is None:
            before = epoch - 1
            is_new = epoch == self._parameters.genesis_epoch or not self._sharing(identity, before)
            known = _FIRST_BALANCE if is_new else self._start(identity, before) + self._whole(before, identity)
            self._starts[identity, epoch] = known
        return known

    def _whole(self, epoch: int, identity: str) -> int:
        chain = self._economies[epoch - self._parameters.genesis_epoch].chain
        return self._moved(chain, self._parameters.slots_per_epoch, identity)

    def _sharing(self, identity: str, epoch: int) -> list[int]:
        """The validators that run under an identity: the last two of the cluster under one."""
        first = self._changing.get(identity, ())
        return [one for one in first if self._cast.identity(one, epoch) == identity]

    @cached_property
    def _changing(self) -> dict[str, tuple[int, ...]]:
        """Who ever runs under each identity."""
        found: dict[str, tuple[int, ...]] = {}
        for validator in self._cast.validators:
            changed = self._cast.identity_changed_in(validator.index)
            epochs = {self._parameters.genesis_epoch, changed or self._parameters.genesis_epoch}
            for identity in {self._cast.identity(validator.index, epoch) for epoch in epochs}:
                found[identity] = (*found.get(identity, ()), validator.index)
        return found

    def _fees(self, chain: EpochChain, validator: int) -> tuple[list[int], list[int]]:
        """The blocks a validator led in an epoch, and what the first so many of them paid it."""
        known = self._earned.get((validator, chain.epoch))
        if known is None:
            indices = [index for index in chain.leader_indices(validator) if index in chain.produced]
            known = indices, [0, *accumulate(chain.fees(index).reward for index in indices)]
            self._earned[validator, chain.epoch] = known
        return known
