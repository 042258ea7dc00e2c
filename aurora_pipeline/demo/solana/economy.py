"""What one epoch does to stake: inflation rewards split by commission, tips split by the tip tree, both compounding."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from functools import cached_property

from aurora_pipeline.demo.solana.chain import EpochChain
from aurora_pipeline.demo.solana.stake import STAKE_RENT, StakeBook
from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div, share_bps, total
from aurora_pipeline.foundation.units import Bps, Lamports

TIP_ROUTER_BPS = 309
_ACCOUNTS_PER_PARTITION = 512
"""Far below the real target of 4096, so that even a small demo pays its stakers in several blocks."""


@dataclass(frozen=True)
class Inflation:
    """The inflation rewards earned in one epoch."""

    commission: list[int]
    """Per validator: what its vote account receives."""
    is_paid: list[bool]
    """Per validator: whether anybody was paid; only then the vote account has a reward row, be it of 0 lamports."""
    staker_rewards: array[int]
    """Per stake account: what it receives after commission."""


@dataclass(frozen=True)
class TipTree:
    """How the tips of one validator and epoch are shared out."""

    total: int
    commission_bps: int
    protocol: int
    validator: int
    stakers_total: int
    active_stake: int

    def staker(self, stake: int) -> int:
        return mul_div(stake, self.stakers_total, self.active_stake) if self.active_stake else 0


def split_inflation(reward: int, commission_bps: int) -> tuple[int, int]:
    """(voter's, staker's) part of one account's reward; nobody is paid where a due split leaves either side nothing."""
    if commission_bps == 0:
        return 0, reward
    if commission_bps >= BPS_WHOLE:
        return reward, 0
    voter, staker = (share_bps(Lamports(reward), Bps(bps)) for bps in (commission_bps, BPS_WHOLE - commission_bps))
    return (voter, staker) if voter and staker else (0, 0)


def plant_tip_tree(tips: int, commission_bps: int, active_stake: int) -> TipTree:
    """Split a tip distribution account: the validator's share of the full total first, the protocol's always whole."""
    protocol, validator = (share_bps(Lamports(tips), Bps(bps)) for bps in (TIP_ROUTER_BPS, commission_bps))
    if validator + protocol > tips:
        validator = Lamports(tips - protocol)
    return TipTree(tips, commission_bps, protocol, validator, tips - protocol - validator, active_stake)


class EpochEconomy:
    """Stake during one epoch, and what the epoch earned it."""

    def __init__(self, book: StakeBook, chain: EpochChain, stake: array[int], idle: array[int]) -> None:
        self.book = book
        self.chain = chain
        self.epoch = chain.epoch
        self.stake = stake
        """Per account: delegated stake, the rewards of the epoch before included."""
        self.idle = idle
        """Per account: tips claimed before this epoch, which arrive as inactive lamports."""
        self.active_stake = active_stakes(book, stake, self.epoch)

    @cached_property
    def inflation(self) -> Inflation:
        cast, book = self.chain.cast, self.book
        whole = total(self.active_stake)
        # About 0.03 % an epoch, as mainnet pays at 4.5 % a year.
        pool = mul_div(whole, 29_500 + book.parameters.draw(1_000, "inflation", self.epoch), 100_000_000)
        earned_credits = [self.chain.credits(validator.index) for validator in cast.validators]
        points = sum(stake * earned for stake, earned in zip(self.active_stake, earned_credits, strict=True))
        staker_rewards = array("Q", bytes(8 * len(book)))
        commission, is_paid = [], []
        for validator in cast.validators:
            rate = cast.applied_commission_bps(validator.index, self.epoch)
            voter_sum, anybody_paid = 0, False
            for account in book.accounts_of(validator.index):
                if not book.is_active(account, self.epoch):
                    continue
                reward = mul_div(self.stake[account] * earned_credits[validator.index], pool, points)
                voter, staker = split_inflation(reward, rate)
                voter_sum += voter
                staker_rewards[account] = staker
                anybody_paid = anybody_paid or voter + staker > 0
            commission.append(voter_sum)
            is_paid.append(anybody_paid)
        return Inflation(commission, is_paid, staker_rewards)

    @cached_property
    def tip_trees(self) -> list[TipTree | None]:
        """Per validator: its tip tree; none without an MEV client."""
        cast, chain = self.chain.cast, self.chain
        tips = [0] * len(cast.validators)
        for index in chain.block_indices:
            leader = cast.validators[chain.leader(index)]
            if leader.has_mev_client and leader.earns_tips:
                tips[leader.index] += chain.tips(index)
        trees: list[TipTree | None] = []
        for validator in cast.validators:
            rate = cast.mev_commission_bps(validator.index, self.epoch)
            tree = (
                None
                if rate is None
                else plant_tip_tree(tips[validator.index], rate, self.active_stake[validator.index])
            )
            trees.append(tree)
        return trees

    @cached_property
    def priority_fees_shared(self) -> list[int]:
        """Per validator: what it transferred out of its block fees for its stakers."""
        cast, chain = self.chain.cast, self.chain
        earned = [0] * len(cast.validators)
        for index in chain.block_indices:
            leader = chain.leader(index)
            if cast.priority_fee_commission_bps(leader) < BPS_WHOLE:
                earned[leader] += chain.fees(index).priority
        return [
            fees - share_bps(Lamports(fees), Bps(cast.priority_fee_commission_bps(validator)))
            for validator, fees in enumerate(earned)
        ]

    def commission_paid_to(self, address: str) -> int | None:
        """What a collector receives for all validators that named it; None where none of their stakers was paid."""
        collecting = [v for v in self.chain.cast.validators_by_collector.get(address, []) if self.inflation.is_paid[v]]
        return total([self.inflation.commission[v] for v in collecting]) if collecting else None

    @cached_property
    def stake_history(self) -> dict[str, int]:
        """The whole cluster's stake in this epoch, as the chain's stake history keeps it."""
        book, epoch = self.book, self.epoch
        delegated = range(book.bounds[-1])
        activating = [
            self.stake[account]
            for account in delegated
            if book.activated_in[account] == epoch and book.deactivated_in[account] > epoch
        ]
        leaving = [
            self.stake[account]
            for account in delegated
            if book.deactivated_in[account] == epoch and book.is_active(account, epoch)
        ]
        return {
            "effective": total(self.active_stake),
            "activating": total(activating),
            "deactivating": total(leaving),
        }

    def staker_tips(self, account: int) -> int:
        """What the tip tree of the account's validator gives it for this epoch."""
        voter = self.book.voter_of(account)
        tree = None if voter is None else self.tip_trees[voter]
        if tree is None or not self.book.is_active(account, self.epoch):
            return 0
        return tree.staker(self.stake[account])

    def lamports(self, account: int) -> int:
        """Balance of a stake account after the rewards of the epoch before, and before its tips."""
        return STAKE_RENT + self.stake[account] + self.idle[account]

    def stake_after(self) -> array[int]:
        """Delegated stake at the start of the next epoch: inflation rewards compound."""
        rewards = self.inflation.staker_rewards
        return array("Q", (stake + reward for stake, reward in zip(self.stake, rewards, strict=True)))

    def idle_after_tips(self) -> array[int]:
        """Inactive lamports once this epoch's tips were claimed."""
        idle, book = array("Q", self.idle), self.book
        for validator, tree in enumerate(self.tip_trees):
            if tree is None or tree.stakers_total == 0:
                continue
            for account in book.accounts_of(validator):
                if book.is_active(account, self.epoch):
                    idle[account] += tree.staker(self.stake[account])
        return idle

    @property
    def reward_partitions(self) -> int:
        """In how many blocks of the next epoch the stakers are paid."""
        wanted = -(-len(self.book) // _ACCOUNTS_PER_PARTITION)
        return max(1, min(wanted, self.book.parameters.slots_per_epoch // 10))

    def partition_of(self, account: int) -> int:
        return (account + self._partition_shift) % self.reward_partitions

    def accounts_in_partition(self, partition: int) -> range:
        return range(
            (partition - self._partition_shift) % self.reward_partitions, len(self.book), self.reward_partitions
        )

    @cached_property
    def _partition_shift(self) -> int:
        return self.book.parameters.draw(2**32, "partitions", self.epoch)


def active_stakes(book: StakeBook, stake: array[int], epoch: int) -> list[int]:
    """Active stake per validator in an epoch."""
    return [
        sum(stake[account] for account in book.accounts_of(validator.index) if book.is_active(account, epoch))
        for validator in book.cast.validators
    ]
