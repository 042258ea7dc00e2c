"""Terms as values: partners, wallets, overrides, agreements in force, ordered rules and what makes one impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from aurora_pipeline.agreements.methods import Measure, measure_of
from aurora_pipeline.agreements.tables import Basis, Method, Metric, OverrideTarget, TierMode, Window
from aurora_pipeline.foundation.money import AMOUNT_MAX, BPS_WHOLE
from aurora_pipeline.foundation.units import Amount, Bps
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.digests import Input


@dataclass(frozen=True)
class Tier:
    """One tier: it reaches from where the one before it ends (excluded) to `up_to` (included)."""

    up_to: Amount | None
    """Base units; None: no end, which only the last tier has."""
    rate_bps: Bps


@dataclass(frozen=True)
class Tiers:
    """A tiered rate: the tiers in rising order, how they price a base, and what decides how far up one is."""

    mode: TierMode
    metric: Metric
    steps: tuple[Tier, ...]


@dataclass(frozen=True)
class Clamp:
    """A floor or a cap: an amount over a window."""

    amount: Amount
    window: Window


@dataclass(frozen=True)
class Rule:
    """One rule of one version of an agreement. `refusals` says what makes one impossible."""

    rule_key: str
    rule_order: int
    chain_id: str | None
    """None: every chain, which only rules without an amount may say."""
    validator_key: str | None
    revenue_component: Component
    attribution_method: Method
    commission_rate_bps: Bps | None
    """The flat rate; None where `tiers` price it."""
    basis: Basis
    stacks: bool
    tiers: Tiers | None = None
    floor: Clamp | None = None
    cap: Clamp | None = None
    carry_losses: bool = False
    funded_by: Component | None = None
    """The component that pays, where that is another than component and method imply; see `funding`."""
    wallet_attribution: bool = False
    """Whether lines per wallet replace the validator's line. It never changes what is paid."""

    def __post_init__(self) -> None:
        # One way to say it, so that equal terms are equal values however they were written.
        if self.funded_by is self._implied_funding:
            object.__setattr__(self, "funded_by", None)

    @property
    def measure(self) -> Measure:
        """By what the part of the component is measured that it looks at."""
        return measure_of(self.attribution_method, self.revenue_component)

    @property
    def pays_clients_rewards(self) -> bool:
        """Whether it looks at the clients' own rewards, which are not the operator's income."""
        return self.measure is Measure.OWN_REWARDS

    @property
    def by_introduced_stake(self) -> bool:
        """Whether the stake of the partner's wallets decides the tier."""
        return self.tiers is not None and self.tiers.metric is Metric.INTRODUCED_STAKE

    @property
    def looks_at_wallets(self) -> bool:
        """Whether anything of it depends on the partner's wallets and their stake: its base, or its tier."""
        return self.by_introduced_stake or self.measure.is_of_wallets

    @property
    def funding(self) -> Component:
        """The component that pays what the rule claims."""
        return self._implied_funding if self.funded_by is None else self.funded_by

    @property
    def _implied_funding(self) -> Component:
        return Component.COMMISSION if self.pays_clients_rewards else self.revenue_component

    @property
    def highest_rate_bps(self) -> Bps:
        """The most it can pay of a base, in hundredths of a percent."""
        if self.tiers is not None:
            return max((step.rate_bps for step in self.tiers.steps), default=Bps(0))
        return self.commission_rate_bps or Bps(0)

    def as_json(self) -> dict[str, Any]:
        """The rule for the audit log."""
        return asdict(self)


class Refusal(NamedTuple):
    """Why a rule cannot be: the field at fault, what is wrong, and what to do."""

    field: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Partner:
    """Somebody who is paid."""

    partner_id: str
    name: str


@dataclass(frozen=True)
class PartnerWallet:
    """A wallet that belonged to a partner at the instant of the terms; to one partner at most."""

    wallet_address: str
    partner_id: str


@dataclass(frozen=True)
class Override:
    """What is paid instead of what was computed: for one line of the period, or for a rule's total."""

    target: OverrideTarget
    agreement_id: str
    rule_key: str
    validator_key: str
    """Empty: the rule's total."""
    wallet_address: str
    """Empty: the validator's own line, or the rule's total."""
    amount: Amount
    computed_seen: Amount | None
    """The computed amount that was seen when it was decided; it is stale where that has moved."""

    @property
    def in_words(self) -> str:
        """What it is about, as a person names it."""
        rule = f"{self.agreement_id}/{self.rule_key}"
        if self.target is OverrideTarget.RULE:
            return f"the override of {rule}'s total"
        place = " ".join(part for part in (self.validator_key, self.wallet_address) if part)
        return f"the override of {rule} {place}"


@dataclass(frozen=True)
class AgreementInForce:
    """An ACTIVE agreement with the version of its terms that is in force, its rules in their order."""

    agreement_id: str
    partner_id: str
    version: int
    rules: tuple[Rule, ...]

    @property
    def looks_at_wallets(self) -> bool:
        """Whether what it pays depends on the partner's wallets."""
        return any(rule.looks_at_wallets for rule in self.rules)


@dataclass(frozen=True)
class Terms:
    """All that was agreed for a chain at an instant, and the decision rows it was read from, for lineage."""

    chain_id: str
    instant: datetime
    partners: tuple[Partner, ...]
    agreements: tuple[AgreementInForce, ...]
    inputs: tuple[Input, ...]
    wallets: tuple[PartnerWallet, ...] = ()
    """Those introduced on the chain and not ended at the instant."""
    overrides: tuple[Override, ...] = ()
    """Those of the period in question; the newest of each target only."""


def refusals(rule: Rule, paid_by_epoch: bool = False, write: Callable[[Amount], str] = str) -> Iterator[Refusal]:
    """Everything that makes a rule impossible; nothing for a sound one.

    `paid_by_epoch`: how the partner is; `write`: how people write an amount of its chain.
    """
    if (rule.commission_rate_bps is None) == (rule.tiers is None):
        yield Refusal("rate", "a rule has either a flat rate or tiers", "write one of the two")
    if rule.commission_rate_bps is not None and not 0 <= rule.commission_rate_bps <= BPS_WHOLE:
        yield Refusal("rate", f"a rate of {rule.commission_rate_bps} bps", f"it lies in 0..{BPS_WHOLE} bps")
    if rule.tiers is not None:
        yield from _refused_tiers(rule.tiers)
    yield from _refused_clamps(rule, paid_by_epoch, write)
    has_amount = rule.floor is not None or rule.cap is not None or rule.tiers is not None
    if rule.chain_id is None and has_amount:
        yield Refusal("chain", "an amount without a chain has no unit", "name the chain, with one rule per chain")
    if rule.basis is Basis.NET and rule.pays_clients_rewards:
        remedy = "write GROSS: the clients' rewards are not the operator's income and bear none of its costs"
        yield Refusal("basis", "NET with CLIENT_REVENUE on VOTE_REWARDS", remedy)
    if rule.carry_losses and rule.basis is not Basis.NET:
        yield Refusal("carry_losses", "losses can be carried with basis NET only", "write basis NET, or leave it out")
    if rule.funded_by is not None and not rule.pays_clients_rewards:
        remedy = f"leave it out: {rule.revenue_component} pays what is claimed of it"
        yield Refusal("funded_by", "only CLIENT_REVENUE on VOTE_REWARDS is funded by another component", remedy)
    if rule.wallet_attribution and not rule.measure.is_of_wallets:
        yield Refusal("wallet_attribution", f"{rule.attribution_method} looks at no wallets", "leave it out")


def _refused_tiers(tiers: Tiers) -> Iterator[Refusal]:
    ends = [step.up_to for step in tiers.steps]
    if not ends or ends[-1] is not None:
        yield Refusal("tiers", "the last tier has to be open", "leave out its end")
    inner = [0, *(end for end in ends[:-1] if end is not None)]
    if None in ends[:-1] or any(below >= above for below, above in pairwise(inner)):
        yield Refusal("tiers", "the ends of the tiers do not rise from above 0", "order them, without gap or overlap")
    if any(end > AMOUNT_MAX for end in inner):
        yield Refusal("tiers", "the end of a tier exceeds the bound of 10^30 base units", "write a smaller one")
    for step in tiers.steps:
        if not 0 <= step.rate_bps <= BPS_WHOLE:
            yield Refusal("tiers", f"a rate of {step.rate_bps} bps", f"it lies in 0..{BPS_WHOLE} bps")
    if tiers.mode is TierMode.VOLUME and tiers.metric.is_cumulative:
        remedy = "write GRADUATED, or the metric PERIOD or INTRODUCED_STAKE"
        yield Refusal("metric", f"VOLUME over {tiers.metric} would re-price the past", remedy)
    if tiers.mode is TierMode.GRADUATED and tiers.metric is Metric.INTRODUCED_STAKE:
        yield Refusal("metric", "GRADUATED tiers run over bases, not over stake", "write VOLUME, or another metric")


def _refused_clamps(rule: Rule, paid_by_epoch: bool, write: Callable[[Amount], str]) -> Iterator[Refusal]:
    floor, cap = rule.floor, rule.cap
    for field, clamp in (("floor", floor), ("cap", cap)):
        if clamp is not None and not 0 <= clamp.amount <= AMOUNT_MAX:
            yield Refusal(field, f"a {field} of {clamp.amount}", "it lies in 0..10^30 base units")
    if floor is not None and cap is not None:
        if floor.window is cap.window and floor.amount > cap.amount:
            problem = f"the floor {write(floor.amount)} is above the cap {write(cap.amount)}"
            yield Refusal("floor", problem, "lower it")
        if floor.window is Window.PERIOD and cap.window is Window.MONTH:
            remedy = "give both the same window"
            yield Refusal("floor", "a floor per period could lift a month above its cap", remedy)
    if floor is not None and floor.window is Window.MONTH and paid_by_epoch:
        remedy = "write floor_window PERIOD, or pay the partner by MONTH"
        yield Refusal("floor", "a floor per month for a partner who is paid by EPOCH", remedy)
