"""One rule over all its validators: bases, tiers, cap and floor (docs/commissions.md). Plain ints throughout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from aurora_pipeline.agreements.matching import matching
from aurora_pipeline.agreements.methods import Measure
from aurora_pipeline.agreements.tables import Basis, Metric, Window
from aurora_pipeline.agreements.terms import AgreementInForce, Rule
from aurora_pipeline.commissions.attribution import Attribution, Doubt, Weights
from aurora_pipeline.commissions.revenue import Revenue
from aurora_pipeline.commissions.tables import Weight
from aurora_pipeline.commissions.tiers import Priced, price
from aurora_pipeline.commissions.windows import LossBalance, WindowInputs, WindowStart, top_up
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import mul_div, share_bps, share_in_order, total
from aurora_pipeline.foundation.units import ZERO, Amount, Bps
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.declaration import FigureState

FINAL = FigureState.FINAL.value
PARTIAL = FigureState.PARTIAL.value


@dataclass(slots=True)
class Share:
    """What one rule makes of one validator. A figure that is not known is None, never 0."""

    revenue: Revenue
    funding: Revenue
    """The component that pays; the same as `revenue` for all but clients' own rewards."""
    base: Amount | None = None
    state: str = FINAL
    reason: str | None = None
    costs: Amount | None = None
    loss_before: Amount | None = None
    loss_after: Amount | None = None
    weighted_by: Weight | None = None
    weight: Amount | None = None
    weight_whole: Amount | None = None
    wallets: Sequence[str] = ()
    """The partner's wallets on the validator, in order, and what of `weight` is each one's."""
    wallet_weights: Sequence[Amount] = ()
    computed: Amount | None = None
    cut: Amount = ZERO
    """What the rule's cap takes off, 0 or above."""
    override: Amount | None = None
    """This validator's part of an override of the rule's total."""

    @property
    def validator_key(self) -> str:
        """The validator."""
        return self.revenue.validator_key

    def doubt(self, state: str, reason: str) -> None:
        """Add why its figures are not final; what is worse than PARTIAL already stays."""
        self.state = state if self.state == FINAL else self.state
        self.reason = reason if self.reason is None else f"{self.reason}; {reason}"


@dataclass(slots=True)
class RuleResult:
    """A rule with its share of every validator it pays for, and what it comes to in all."""

    agreement: AgreementInForce
    rule: Rule
    shares: list[Share]
    base: Amount = ZERO
    missing: list[str] = field(default_factory=list)
    """The validators whose bases are not known."""
    doubt: str | None = None
    """Why what the rule computes in all is not final; None: it is."""
    priced: Priced | None = None
    computed: Amount = ZERO
    cap_start: Amount | None = None
    cut: Amount = ZERO
    top_up: Amount | None = ZERO
    override: Amount | None = None

    @property
    def key(self) -> tuple[str, str]:
        """(agreement, rule)."""
        return self.agreement.agreement_id, self.rule.rule_key

    @property
    def paid(self) -> Amount:
        """What is computed after the cap, as far as known."""
        return self.computed - self.cut


def compute_rule(
    agreement: AgreementInForce,
    rule: Rule,
    validators: Sequence[str],
    revenues: Mapping[tuple[str, Component], Revenue],
    attribution: Attribution,
    windows: WindowInputs,
) -> RuleResult:
    """Everything of a rule up to overrides. `validators` are those it pays for, in order."""
    result = RuleResult(agreement, rule, [])
    start = windows.starts.get(result.key, WindowStart())
    for key in validators:
        share = Share(revenues[key, rule.revenue_component], revenues[key, rule.funding])
        _set_base(share, rule, agreement.partner_id, attribution, windows.losses.get((*result.key, key)))
        result.shares.append(share)
    result.missing = [share.validator_key for share in result.shares if share.base is None]
    result.base = total(share.base for share in result.shares if share.base is not None)
    if rule.tiers is None:
        _compute_flat(result, rule.commission_rate_bps or Bps(0))
    else:
        _compute_tiers(result, start, _introduced(agreement, rule, revenues, attribution.stake))
    result.computed = total(share.computed for share in result.shares if share.computed is not None)
    _apply_cap(result, start)
    _apply_floor(result)
    return result


def _set_base(share: Share, rule: Rule, partner_id: str, attribution: Attribution, loss: LossBalance | None) -> None:
    """The base by the method's measure, floored once, or why it is not known."""
    revenue = share.revenue
    whole: Amount | None = ZERO
    if not rule.pays_clients_rewards:
        if revenue.state != FINAL or revenue.in_words is not None:
            share.doubt(revenue.state, revenue.in_words or "")
        whole = revenue.amount if rule.basis is Basis.GROSS else _net(share, rule, loss)
    doubt = None
    if rule.measure.is_of_wallets:
        doubt = _set_weight(share, rule, partner_id, attribution)
    if doubt is not None:
        share.doubt(doubt.state, doubt.reason)
    elif whole is not None:
        share.base = _attributed(share, whole)
    if share.funding is not revenue and (share.funding.amount is None or share.funding.state != FINAL):
        share.doubt(PARTIAL, f"paid from {share.funding.in_words}")


def _attributed(share: Share, whole: Amount) -> Amount:
    if share.weight is None:
        return whole
    if share.weight_whole is None:
        return share.weight
    return mul_div(whole, share.weight, share.weight_whole) if share.weight_whole else ZERO


def _net(share: Share, rule: Rule, loss: LossBalance | None) -> Amount | None:
    """max(0, C - costs - L), and the next L, which does not move while C or a cost is not known."""
    revenue = share.revenue
    share.costs = revenue.costs
    carried = ZERO
    if rule.carry_losses:
        carried = ZERO if loss is None else loss.amount
        share.loss_before = share.loss_after = carried
        if loss is not None and loss.missing is not None:
            share.doubt(PARTIAL, f"the loss carried into the period: {loss.missing}")
    if revenue.costs_reason is not None:
        share.doubt(PARTIAL, revenue.costs_reason)
    if revenue.amount is None or revenue.costs is None:
        return None
    rest = revenue.amount - revenue.costs - carried
    if rule.carry_losses:
        share.loss_after = max(ZERO, -rest)
    return max(ZERO, rest)


def _set_weight(share: Share, rule: Rule, partner_id: str, attribution: Attribution) -> Doubt | None:
    """By what, and how much of it, the partner has of the validator; or why that is not known."""
    key, weights = share.validator_key, attribution.stake
    if rule.measure.is_of_rewards:
        doubt = attribution.rewards.doubt(key)
        if doubt is not None:
            return doubt
        # Where no staker earned, as at a commission of 100 %, the stake is what the clients brought.
        if rule.pays_clients_rewards or attribution.rewards.wholes[key] > 0:
            weights = attribution.rewards
    elif rule.measure is Measure.ACTIVE_STAKE_INSTEAD:
        words = f"{rule.revenue_component} is not known per wallet: attributed by active stake"
        share.reason = "; ".join(filter(None, (share.reason, words)))
    doubt = weights.doubt(key)
    if doubt is not None:
        return doubt
    share.weighted_by = weights.kind
    share.wallets, share.wallet_weights = weights.of(key, partner_id)
    share.weight = total(share.wallet_weights)
    share.weight_whole = None if rule.pays_clients_rewards else weights.wholes[key]
    return None


def _compute_flat(result: RuleResult, rate: Bps) -> None:
    for share in result.shares:
        if share.base is not None:
            share.computed = share_bps(share.base, rate)


def _compute_tiers(result: RuleResult, start: WindowStart, introduced: tuple[Amount, str | None]) -> None:
    tiers = result.rule.tiers
    assert tiers is not None  # the caller asked
    stake, stake_doubt = introduced
    result.priced = price(tiers, result.base, start.bases, stake)
    earlier = start.missing if tiers.metric.is_cumulative else None
    _doubt_all(result, earlier, stake_doubt if tiers.metric is Metric.INTRODUCED_STAKE else None)
    known = [share for share in result.shares if share.base is not None]
    if known:
        amounts = share_in_order(result.priced.amount, [share.base for share in known if share.base is not None])
        for share, amount in zip(known, amounts, strict=True):
            share.computed = amount


def _introduced(
    agreement: AgreementInForce, rule: Rule, revenues: Mapping[tuple[str, Component], Revenue], stake: Weights
) -> tuple[Amount, str | None]:
    """The partner's active stake on the validators the rule matches, and where it is not known, which counts 0."""
    if not rule.by_introduced_stake:
        return ZERO, None
    validators = [key for key, component in revenues if component is rule.revenue_component]
    matched = matching(rule, rule.chain_id or "", validators)
    unknown = sorted(key for key in matched if stake.doubt(key) is not None)
    brought = [stake.of(key, agreement.partner_id)[1] for key in matched if stake.doubt(key) is None]
    known = total(chain.from_iterable(brought))
    return known, f"the introduced stake on {listed(unknown)} is not known" if unknown else None


def _apply_cap(result: RuleResult, start: WindowStart) -> None:
    """The cap in its window; what it takes off is shared by computed amounts."""
    cap = result.rule.cap
    if cap is None:
        return
    if cap.window is Window.MONTH:
        result.cap_start = start.month_computed
        until = result.cap_start + result.computed
        allowed = min(cap.amount, until) - min(cap.amount, result.cap_start)
        _doubt_all(result, start.month_missing)
    else:
        allowed = min(cap.amount, result.computed)
        _doubt_all(result)
    result.cut = result.computed - allowed
    if result.cut:
        known = [share for share in result.shares if share.computed is not None]
        cuts = share_in_order(result.cut, [share.computed for share in known if share.computed is not None])
        for share, cut in zip(known, cuts, strict=True):
            share.cut = cut


def _apply_floor(result: RuleResult) -> None:
    """A floor per PERIOD; one per MONTH is the monthly statement's."""
    floor = result.rule.floor
    if floor is None or floor.window is not Window.PERIOD:
        return
    is_known = not result.missing and result.doubt is None
    result.top_up = top_up(floor.amount, result.base, result.paid) if is_known else None


def _doubt_all(result: RuleResult, *reasons: str | None) -> None:
    """What tiers and caps compute rests on every base: one that is not known leaves all of the rule's lines open."""
    found = [reason for reason in reasons if reason is not None]
    if result.missing:
        found.insert(0, f"{result.rule.revenue_component} base of {listed(result.missing)} is not known")
    new = [reason for reason in found if result.doubt is None or reason not in result.doubt]
    if not new:
        return
    words = "; ".join(new)
    result.doubt = words if result.doubt is None else f"{result.doubt}; {words}"
    for share in result.shares:
        if share.base is not None:
            share.doubt(PARTIAL, words)
