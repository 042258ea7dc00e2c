"""What is known of who was paid for an epoch: one address, a validator's stakers together, and its commission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.solana.answers.accounts import VoteState
from aurora_pipeline.sources.solana.commission import StakerPart
from aurora_pipeline.sources.told import Missing
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

NO_REWARD = "NO_REWARD"
"""A complete source has no reward row for the address: it received nothing."""
NO_STAKE_ACCOUNTS = "NO_STAKE_ACCOUNTS"
"""Nobody has stake on the validator, so there was nobody to ask about."""
RPC, FIRST_BLOCKS, RECOMPUTED = "RPC", "FIRST_BLOCKS", "RECOMPUTED"


@dataclass(frozen=True)
class Paid:
    """A reward row, however it was learned."""

    lamports: Lamports
    method: str
    rate_bps: Bps | None = None
    """The commission the row itself names; none since SIMD-0232."""
    in_block: bool = False
    """Whether the block that paid it says this amount: the chain's own record, of which a node's answer is a copy."""
    contradiction: str | None = None
    """What the node said instead, in words; the block's amount counts then only where a third witness confirms it."""


ToldReward = Paid | Missing | None
"""A reward row, why it is not known, or None: the chain has no row for the address."""


@dataclass(frozen=True)
class Stakers:
    """All stakers of a validator together."""

    rewards: Lamports | None
    state: FigureState
    reason: str | None
    parts: tuple[Lamports, ...]
    """What those received that are known."""

    @property
    def anybody_paid(self) -> bool:
        """Whether any of them is known to have been paid."""
        return bool(self.parts)


@dataclass(frozen=True)
class ToldRewards:
    """Everything that a fetch tells about one validator."""

    validator_key: str
    fetch: StagedFetch
    recipients: Mapping[str, ToldReward]
    """Accounts that may have collected its commission, its own among them, as far as they were asked about."""
    accounts: Mapping[str, ToldReward]
    stakers: Stakers
    states: tuple[VoteState, ...]
    """Its vote account as observed in the period, then in the period before, where it was."""
    withheld: str | None = None
    """What shows that stake earned for which nobody was paid: then the validator kept it."""
    stakes: Mapping[str, Lamports] = field(default_factory=dict)
    """Active stake by stake account, where it was looked up: that makes recomputed commission exact."""
    warnings: list[str] = field(default_factory=list)

    @property
    def parts(self) -> list[StakerPart]:
        """What its paid stakers received, with their stake."""
        return [
            StakerPart(item.lamports, self.stakes.get(address))
            for address, item in self.accounts.items()
            if isinstance(item, Paid) and item.lamports
        ]


@dataclass(frozen=True)
class Commission:
    """What a validator received of its stakers' rewards, who collected it, and by which rate it was split off."""

    state: FigureState = FigureState.UNAVAILABLE
    reason: str | None = None
    amount: Lamports | None = None
    recipient_key: str | None = None
    observed_bps: Bps | None = None
    observed_by: str | None = None
    """How the observed rate was told."""
    applied_bps: Bps | None = None
    method: str | None = None

    def lacking(self, lack: Missing) -> Commission:
        """The same, without an amount."""
        return replace(self, state=lack.state, reason=lack.reason)
