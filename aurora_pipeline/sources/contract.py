"""What a source is: how it is asked, and what its answers tell; each kind of provider is registered as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias, TypeVar

from aurora_pipeline.asking.adapter import Adapter, Answer, PromisesCosts, Question
from aurora_pipeline.asking.proposals import Proposals
from aurora_pipeline.config.vocabulary import ROLES, DataType
from aurora_pipeline.foundation.units import Amount, EpochNumber
from aurora_pipeline.sources.account_moves import TellMoves
from aurora_pipeline.sources.blocks_told import BlocksTold, DeliveredTold
from aurora_pipeline.sources.differences import FoundDifference
from aurora_pipeline.sources.reference import Reference
from aurora_pipeline.sources.told import (
    BalanceTold,
    CostsTold,
    FeesTold,
    MetaTold,
    Missing,
    PositionsTold,
    RewardsTold,
    StagedFetches,
    TipsTold,
    Told,
)
from aurora_pipeline.sources.unknown_fields import KnownFields
from aurora_pipeline.store.payloads.fetches import StagedFetch

Item = TypeVar("Item")
Tell: TypeAlias = Callable[[StagedFetches], Told[Item]]
"""Called once per layer and period, with all fetches from providers of the kind; pure."""
TellDelivered: TypeAlias = Callable[[StagedFetch, Reference], DeliveredTold]
"""Called once per relay and period: its one fetch is about everyone."""
OwnWords: TypeAlias = Callable[[StagedFetches], Mapping[str, Mapping[str, int | None]]]


@dataclass(frozen=True)
class StakesNeeded:
    """How much of the observed stake a source needs to tell rewards."""

    amounts: bool = False
    """What each stake account has: the whole observation is read."""
    owners: bool = False
    """Which stake accounts are whose, by whoever observed them."""

    @property
    def any(self) -> bool:
        """Whether a glance at the observation is not enough."""
        return self.amounts or self.owners


def _no_stakes(staged: StagedFetches) -> StakesNeeded:
    return StakesNeeded()


@dataclass(frozen=True)
class Tells:
    """What the answers of a source tell: a data type is named here if and only if its adapter serves or observes it."""

    fees: Tell[FeesTold] | None = None
    mev: Tell[TipsTold | Missing] | None = None
    rewards: Tell[RewardsTold] | None = None
    meta: Tell[MetaTold | Missing] | None = None
    positions: Tell[PositionsTold] | None = None
    costs: Tell[CostsTold] | None = None
    blocks: Tell[BlocksTold] | None = None
    """In place of fees: what the blocks paid that a validator proposed, of which fees and tips are made."""
    delivered: TellDelivered | None = None
    """In place of tips: what one relay says of all blocks, which proves nothing but that it delivered them."""
    balances: Tell[BalanceTold | Missing] | None = None
    """Where each validator has a balance of its own, that tells its rewards, in place of `rewards`."""

    @property
    def roles(self) -> frozenset[DataType]:
        """The data types it tells."""
        named = {"blocks": DataType.FEES, "delivered": DataType.MEV, "balances": DataType.REWARDS}
        return frozenset(
            named.get(one.name) or DataType(one.name) for one in fields(self) if getattr(self, one.name) is not None
        )


@dataclass(frozen=True)
class Alive:
    """A question that costs a provider next to nothing, and the epoch its answer tells of."""

    question: Question
    epoch: Callable[[Answer, str], EpochNumber | None]


@dataclass(frozen=True)
class NamesValidators:
    """Questions that name the validators they are about, in fetches that are about everyone."""

    kind: str
    of: Callable[[Mapping[str, object]], frozenset[str]]
    """The validators that one such request names."""


@dataclass(frozen=True)
class Bounds:
    """Why amounts are not believed; None where they can be."""

    paid: Callable[[Amount], str | None]
    staked: Callable[[Amount], str | None]


@dataclass(frozen=True)
class Source:
    """One kind of provider."""

    adapter: Callable[[str], Adapter]
    """Makes the adapter of a provider, given its name."""
    tells: Tells
    alive: Alive | None
    """How to see whether a provider is there; None where that is not a matter of asking (files)."""
    too_much_paid: Callable[[Amount], str | None]
    """Why an amount that somebody earned or paid is not believed, a sum of what was read too; None where it can be."""
    too_much_staked: Callable[[Amount], str | None]
    """The same of an amount at stake."""
    bounds_of: Callable[[StagedFetch], Bounds] | None = None
    """Both by the chain that a fetch is of, where it tells of chains of several families."""
    costs_beside: Mapping[DataType, Tell[CostsTold]] = field(default_factory=dict)
    """Costs that its answers about another data type tell, by that data type."""
    glances: Mapping[DataType, str] = field(default_factory=dict)
    """The kind of questions to read of a data type's fetches where another layer looks at them in passing."""
    stakes_needed: Callable[[StagedFetches], StakesNeeded] = _no_stakes
    """What it needs to tell rewards, given the fetches of rewards and a glance at the observed stake."""
    proposals: Callable[[StagedFetch, int, int], Proposals] | None = None
    """The slots of a period that validators had to propose blocks in, as a fetch of rewards tells them."""
    names_validators: NamesValidators | None = None
    """Where its fetches about everyone are about those validators only that it was asked about."""
    moves: TellMoves | None = None
    """What its answers show of the balances of single accounts, where they show any."""
    own_words: Mapping[DataType, OwnWords] = field(default_factory=dict)
    """Figures by column and validator that it says, and that no layer takes from it: for comparisons only."""
    known_fields: KnownFields = field(default_factory=dict)
    """The fields of objects that figures are read from, where a field that is not among them tells of a fork."""
    explains: Callable[[FoundDifference], str | None] = lambda found: None
    """The name of the systematic difference that a difference to its figures is; None: it is none that is known."""

    @property
    def kind(self) -> str:
        """What providers.yaml calls it."""
        return self.adapter("").kind

    @property
    def roles(self) -> frozenset[DataType]:
        """The roles that providers of the kind can fill."""
        adapter = self.adapter("")
        return frozenset(role for role in ROLES if role in adapter.serves | adapter.observes)

    @property
    def promised_beside(self) -> frozenset[DataType]:
        """Data types other than costs whose answers promise costs."""
        adapter = self.adapter("")
        others = [role for role in ROLES if role is not DataType.COSTS] if isinstance(adapter, PromisesCosts) else []
        return frozenset(role for role in others if isinstance(adapter, PromisesCosts) and adapter.promised_costs(role))

    def broken_promises(self) -> list[str]:
        """Where what it is asked for and what it tells are not the same, in words."""
        found = []
        for words, promised, told in (
            ("", self.roles, self.tells.roles),
            ("costs beside ", self.promised_beside, frozenset(self.costs_beside)),
        ):
            found += [f"it promises {words}{role} and does not tell them" for role in sorted(promised - told)]
            found += [f"it tells {words}{role} and does not promise them" for role in sorted(told - promised)]
        unread = sorted(frozenset(self.costs_beside) - frozenset(self.glances))
        return found + [f"it tells costs beside {role}, and no glance reads what tells them" for role in unread]
