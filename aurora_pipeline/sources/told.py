"""What a source hands up: typed rows about validators, one type per data type, or why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NamedTuple, TypeVar

from aurora_pipeline.foundation.units import Amount, Bps, EpochNumber
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.store.declaration import FigureState
from aurora_pipeline.store.payloads.fetches import StagedFetch

Item = TypeVar("Item")
EXACT: Final = "EXACT"
"""The method of a cost that was added up from all there is."""
ESTIMATE: Final = "ESTIMATE"
"""The method of a cost that was computed from something else: what the operator enters counts before it."""


@dataclass(frozen=True)
class Missing:
    """A figure that is not known: its state and why."""

    state: FigureState
    reason: str

    @property
    def columns(self) -> dict[str, Any]:
        """The two columns that say so."""
        return {"state": self.state.value, "reason": self.reason}


@dataclass(frozen=True)
class Observed:
    """The stake observed in the period and in the one before: as much of the fetches as the source needs."""

    now: Sequence[StagedFetch] = ()
    before: Sequence[StagedFetch] = ()
    accounts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Stake accounts by validator, whoever observed them; empty unless the source needs them."""


@dataclass(frozen=True)
class StagedFetches:
    """What was fetched of one data type from providers of one kind, and about whom."""

    reference: Reference
    fetches: Mapping[str, StagedFetch]
    """The fetch that speaks about each validator; several validators may share one."""
    observed: Observed = field(default_factory=Observed)

    @property
    def each(self) -> list[StagedFetch]:
        """Every fetch once."""
        return list({fetch.subject: fetch for fetch in self.fetches.values()}.values())


@dataclass(frozen=True)
class Told(Generic[Item]):
    """What a source says of each validator that it was handed a fetch about; gone through once."""

    rows: Iterable[tuple[str, Item]]
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class FeesTold:
    """A validator's block fees, with the slots they are from as far as the source counts them."""

    state: FigureState
    reason: str | None = None
    leader_slots: int | None = None
    blocks_produced: int | None = None
    slots_skipped: int | None = None
    fees: Amount | None = None
    base_fees: Amount | None = None
    priority_fees: Amount | None = None
    zero_is_proven: bool = False
    """Whether fees of 0 in spite of blocks are proven, or the operator's own word; else they are not believed."""


@dataclass(frozen=True)
class TipsTold:
    """A validator's tips; who gets which part follows from the total, unless the source says it."""

    total: Amount | None
    commission_bps: Bps | None
    validator: Amount | None = None
    """The validator's own part."""
    absence: str = ""
    """Why the source does not say the validator's own part, to follow "because"."""
    took_part: bool = True
    """False: the source is complete and knows nothing of the validator, so that it earned nothing."""
    reason: str | None = None


class AccountReward(NamedTuple):
    """What one stake account received."""

    account_key: str
    state: FigureState
    reason: str | None = None
    staker_rewards: Amount | None = None
    gross_rewards: Amount | None = None
    method: str | None = None


@dataclass(frozen=True)
class RewardsTold:
    """A validator's commission on rewards, and what its stakers received, together and each."""

    state: FigureState
    stakers_state: FigureState
    reason: str | None = None
    stakers_reason: str | None = None
    commission: Amount | None = None
    staker_rewards: Amount | None = None
    gross_rewards: Amount | None = None
    recipient_key: str | None = None
    commission_bps: Bps | None = None
    commission_source: str | None = None
    applied_commission_bps: Bps | None = None
    method: str | None = None
    accounts: Sequence[AccountReward] = ()

    @classmethod
    def missing(cls, lack: Missing) -> RewardsTold:
        """Neither is known, for one reason."""
        return cls(lack.state, lack.state, lack.reason, lack.reason)


@dataclass(frozen=True)
class BalanceTold:
    """What a validator's own balance did in a period, and what it was earned for: on chains where each has one.

    `rewards` less `penalties` is `profit`; without them nothing is called income, and `reason` says why.
    """

    index: int
    status: str
    withdrawal_address: str | None
    compounds: bool
    slashed: bool
    stake: Amount
    """What counted of its balance, and earned."""
    balance_start: Amount
    balance_end: Amount
    withdrawals: Amount
    deposits: Amount
    consolidated_in: Amount
    consolidated_out: Amount
    queued: Amount
    profit: Amount
    attestation_head: Amount
    attestation_target: Amount
    attestation_source: Amount
    inactivity: Amount
    proposals: Amount
    sync_committee: Amount
    slashing: Amount
    residual: Amount
    explained: str | None
    rewards: Amount | None
    penalties: Amount | None
    blocks_proposed: int
    blocks_missed: int | None
    first_attested_epoch: int | None
    last_attested_epoch: int | None
    reason: str | None = None


@dataclass(frozen=True)
class MetaTold:
    """What a validator was in the period; what the source leaves out is not known."""

    has_no: frozenset[str] = field(default=frozenset(), kw_only=True)
    """What validators of its chain do not have, so that it lacks nothing by leaving it out."""

    identity_key: str | None = None
    name: str | None = None
    commission_bps: Bps | None = None
    commission_source: str | None = None
    mev_commission_bps: Bps | None = None
    active_stake: Amount | None = None
    delinquent: bool | None = None
    status: str | None = None
    withdrawal_credentials: str | None = None
    activation_epoch: EpochNumber | None = None
    exit_epoch: EpochNumber | None = None


class AccountStake(NamedTuple):
    """What one stake account has on a validator."""

    account_key: str
    staker_key: str | None
    withdrawer_key: str | None
    active: Amount
    activating: Amount
    deactivating: Amount
    """The part of `active` that is leaving."""


@dataclass(frozen=True)
class StakeTotal:
    """What a validator's accounts have to sum to, and who says so."""

    active: Amount | Missing | None
    """None: whoever says totals has none of this validator."""
    said_by: str


@dataclass(frozen=True)
class PositionsTold:
    """The stake on a validator, account by account, and how much that has to be."""

    accounts: Sequence[AccountStake] | Missing
    total: StakeTotal | None
    """None: the source has no totals."""


@dataclass(frozen=True)
class CostTold:
    """One cost of a validator, or other income."""

    state: FigureState
    amount: Amount | None = None
    reason: str | None = None
    origin: str | None = None
    """Who says it: CHAIN, FILE or PROVIDER."""
    method: str | None = None

    @classmethod
    def missing(cls, lack: Missing) -> CostTold:
        """It is not known."""
        return cls(lack.state, reason=lack.reason)


@dataclass(frozen=True)
class CostsTold:
    """A validator's costs by type."""

    costs: Mapping[str, CostTold]
    owed: frozenset[str] = frozenset()
    """Types that the source says it has: where one is missing, it is missing in the books, due or not."""
