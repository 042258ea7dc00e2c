"""Stake accounts without a reward row: whether they really received nothing, or the row was left out.

A null of getInflationReward and an absence from the blocks that pay are what a node answers that lost a row. What an
account is today tells them apart: one that has been delegated to the validator since before the epoch earned, where the
validator voted. One that is gone, was delegated later, or left earlier did not, or no longer tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aurora_pipeline.asking.reading import U64_MAX
from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div
from aurora_pipeline.foundation.units import Bps, EpochNumber, Lamports
from aurora_pipeline.sources.solana.answers.accounts import StakeAccount, VoteState

CREDITS_PER_SLOT_MAX: Final = 16
"""What a vote that comes in time earns (SIMD-0033)."""
_STAKE_PER_REWARD: Final = 100_000
"""No epoch of full votes ever paid less than a hundred-thousandth of the stake: a quarter of what 1.5 % a year is."""
_DUST: Final = Lamports(20_000)
"""Below so many lamports a part of a reward may be 0, and then nobody is paid; of so many even one bps is 2."""


@dataclass(frozen=True)
class Unpaid:
    """What is known of a validator's stake accounts that have no reward row."""

    validator_key: str
    epoch: EpochNumber
    first_slot: int
    last_slot: int
    shown: dict[str, StakeAccount | None]
    """The accounts as they are today, None for one that is gone."""
    vote_state: VoteState | None
    """The vote account today: how much it voted in the epoch."""
    rates: tuple[Bps, ...]
    """Commissions that may have been applied: who keeps everything pays nobody."""

    def problem(self, address: str) -> str | None:
        """Why an account without a reward row cannot have received nothing; None where it may."""
        if address not in self.shown:
            return f"there is no reward row of {address}, and it was not looked up whether it had stake"
        earned = self.earned(address)
        return None if earned is None or BPS_WHOLE in self.rates else f"{earned}, so its row is left out"

    def earned(self, address: str) -> str | None:
        """What shows that an account without a reward row earned, be it for its validator alone; None where nothing."""
        account = self.shown.get(address)
        if account is None or account.voter_key != self.validator_key:
            return None
        begun, ended = account.activation_epoch, account.deactivation_epoch
        if begun is None or (begun >= self.epoch and begun != U64_MAX) or (ended is not None and ended < self.epoch):
            return None
        due = self._least_due(account.stake)
        if due < _DUST:
            return None
        since = "the genesis block" if begun == U64_MAX else f"epoch {begun}"
        return (
            f"there is no reward row of {address}, which has {account.stake} lamports delegated since {since}: at least"
            f" {due} were due"
        )

    def _least_due(self, stake: Lamports) -> Lamports:
        """The least reward of a stake; as of a full epoch where it is not known how much the validator voted."""
        full = CREDITS_PER_SLOT_MAX * (self.last_slot - self.first_slot + 1)
        earned = None
        if self.vote_state is not None:
            earned = self.vote_state.credits_in(self.epoch, self.first_slot)
        return mul_div(stake, full if earned is None else min(earned, full), full * _STAKE_PER_REWARD)
