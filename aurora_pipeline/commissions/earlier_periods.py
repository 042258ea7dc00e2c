"""Which earlier periods the rules of a period look back on, and what those hand over to it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from aurora_pipeline.agreements.matching import matching
from aurora_pipeline.agreements.tables import Metric, Window
from aurora_pipeline.agreements.terms import AgreementInForce, Rule, Terms
from aurora_pipeline.commissions.windows import LossBalance, RuleKey, WindowInputs, WindowStart
from aurora_pipeline.foundation.errors import Conflict
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.foundation.units import Amount, EpochNumber, EpochRange
from aurora_pipeline.periods.record import Period

_NAMED_AT_MOST = 5


class EarlierMissing(Conflict):
    """Periods that a rule looks back on are not published."""

    code = "earlier-periods-missing"
    what_to_do = "Compute the earlier ones first, which the message names, then this one."

    def __init__(self, key: PeriodKey, rule: str, epochs: Sequence[EpochNumber]) -> None:
        self.key = key
        self.epochs = tuple(epochs)
        first, last = epochs[0], epochs[-1]
        span = str(first) if first == last else f"{first}..{last}"
        shown = listed([str(epoch) for epoch in epochs], _NAMED_AT_MOST)
        super().__init__(
            f"{key} has to wait: {rule} runs on from earlier periods, and epoch {shown} is not published",
            f"compute them first, then this one: `aurora backfill {key.chain_id} {span}`",
        )


@dataclass(frozen=True)
class Timeline:
    """The periods of a chain that are recorded, and the first one that is computed."""

    first_period: EpochNumber
    periods: Mapping[EpochNumber, Period]
    step: int = 1
    """By how much the number of a period is above that of the one before."""

    @cached_property
    def _in_order(self) -> list[Period]:
        return [self.periods[epoch] for epoch in sorted(self.periods)]

    def since(self, period: Period, start: datetime | None) -> EpochRange:
        """The epochs before a period that end after an instant; those not recorded yet are included.

        Without an instant: all of them since the chain's first period.
        """
        return EpochRange(min(self._first_since(start), period.key.epoch), period.key.epoch, self.step)

    def _first_since(self, start: datetime | None) -> EpochNumber:
        if start is None:
            return self.first_period
        ordered = self._in_order
        place = bisect_left(ordered, start, key=lambda period: period.last_instant)
        if place < len(ordered) and ordered[place].started_at <= start:
            return max(self.first_period, ordered[place].key.epoch)
        # What ended before the one after it began is told by that one, also where it is not recorded itself.
        return max(self.first_period, ordered[place - 1].key.epoch + self.step if place else self.first_period)


@dataclass(frozen=True)
class RuleTotals:
    """What an earlier period published of a rule."""

    base: Amount
    missing_count: int
    """How many of its bases are not known."""
    computed: Amount
    is_final: bool


@dataclass(frozen=True)
class CarriedLoss:
    """The loss that an earlier period's line printed for a rule and a validator."""

    amount: Amount
    is_final: bool


LossKey = tuple[str, str, str]
"""(agreement, rule, validator)."""
Losses = Mapping[LossKey, CarriedLoss]


@dataclass(frozen=True)
class Earlier:
    """What earlier periods published, by epoch; a rule that was not in force there has no entry."""

    published: Collection[EpochNumber]
    totals: Mapping[EpochNumber, Mapping[RuleKey, RuleTotals]] = field(default_factory=dict)
    losses: Callable[[EpochNumber], Losses] = lambda _: {}
    """Read by epoch when asked for: mostly the newest epoch is enough."""


@dataclass(frozen=True)
class LookBack:
    """What a period's rules get from earlier periods, and which of these were read for it."""

    windows: WindowInputs
    totals_of: tuple[EpochNumber, ...]
    """The epochs whose rule results were read."""
    losses_of: tuple[EpochNumber, ...]
    """The epochs whose lines were read for the losses they carry."""


def looks_back(terms: Terms) -> bool:
    """Whether any rule needs to know of earlier periods."""
    return any(_metric_runs(rule) or _cap_runs(rule) or rule.carry_losses for _, rule in _rules(terms))


def look_back(
    period: Period,
    terms: Terms,
    validators: Sequence[str],
    timeline: Timeline,
    active_since: Mapping[str, datetime],
    earlier: Earlier,
) -> LookBack:
    """Everything that the terms need of earlier periods. Raises EarlierMissing where one is not published.

    `active_since` is when each agreement was first activated: nothing before it counts.
    """
    found = reads(period, terms, validators, timeline, active_since, earlier.published, earlier.losses)
    starts: dict[RuleKey, WindowStart] = {}
    losses: dict[LossKey, LossBalance] = {}
    for window in _windows(period, terms, timeline, active_since):
        if window.metric or window.month:
            starts[window.key] = _start(window, earlier)
    for key, epoch in found.printed_in.items():
        loss = earlier.losses(epoch)[key]
        missing = None if loss.is_final else f"the line of epoch {epoch} is not final"
        losses[key] = LossBalance(loss.amount, missing)
    return LookBack(WindowInputs(starts, losses), tuple(found.totals_of), found.losses_of)


@dataclass(frozen=True)
class Reads:
    """Which earlier periods a period's rules look back on."""

    totals_of: Sequence[EpochNumber]
    """The epochs whose rule results are read."""
    losses_of: tuple[EpochNumber, ...] = ()
    """The epochs whose lines are read for the losses they carry."""
    printed_in: Mapping[LossKey, EpochNumber] = field(default_factory=dict)
    """The newest epoch that printed each loss which is carried into the period."""


def reads(
    period: Period,
    terms: Terms,
    validators: Sequence[str],
    timeline: Timeline,
    active_since: Mapping[str, datetime],
    published: Collection[EpochNumber],
    printed: Callable[[EpochNumber], Container[LossKey]],
) -> Reads:
    """The earlier periods of `look_back`, without what they say. Raises EarlierMissing where one is not published.

    `printed` says by epoch whose losses its lines print.
    """
    end = period.key.epoch
    first = end
    printed_in: dict[LossKey, EpochNumber] = {}
    walked: set[EpochNumber] = set()
    for window in _windows(period, terms, timeline, active_since):
        absent = [epoch for epoch in window.epochs if epoch not in published]
        if absent:
            raise EarlierMissing(period.key, "/".join(window.key), absent)
        first = min(first, window.epochs.start)
    for agreement, rule in _rules(terms):
        if not rule.carry_losses:
            continue
        key = (agreement.agreement_id, rule.rule_key)
        wanted = {(*key, validator) for validator in matching(rule, terms.chain_id, validators)}
        for epoch in reversed(timeline.since(period, active_since.get(agreement.agreement_id))):
            if not wanted:
                break
            if epoch not in published:
                raise EarlierMissing(period.key, "/".join(key), [epoch])
            walked.add(epoch)
            there = printed(epoch)
            found = {one for one in wanted if one in there}
            printed_in |= dict.fromkeys(found, epoch)
            wanted -= found
    return Reads(EpochRange(first, end, timeline.step), tuple(sorted(walked)), printed_in)


def totals_since(period: Period, terms: Terms, timeline: Timeline, active_since: Mapping[str, datetime]) -> EpochNumber:
    """The first epoch whose rule results a period reads; its own where it reads none."""
    windows = _windows(period, terms, timeline, active_since)
    return min((window.epochs.start for window in windows), default=period.key.epoch)


@dataclass(frozen=True)
class _Window:
    """The earlier epochs that a rule's metric and its monthly cap run on from; both end before the period."""

    key: RuleKey
    metric: EpochRange
    month: EpochRange

    @property
    def epochs(self) -> EpochRange:
        return EpochRange(min(self.metric.start, self.month.start), self.metric.stop, self.metric.step)


def _windows(
    period: Period, terms: Terms, timeline: Timeline, active_since: Mapping[str, datetime]
) -> Iterator[_Window]:
    """The windows of all rules that have one."""
    end = period.key.epoch
    for agreement, rule in _rules(terms):
        if not (_metric_runs(rule) or _cap_runs(rule)):
            continue
        since = active_since.get(agreement.agreement_id)
        metric = month = EpochRange(end, end, timeline.step)
        if _metric_runs(rule):
            metric = timeline.since(period, _latest(_metric_start(rule, period), since))
        if _cap_runs(rule):
            month = timeline.since(period, _latest(month_start(period), since))
        yield _Window((agreement.agreement_id, rule.rule_key), metric, month)


def month_start(period: Period) -> datetime:
    """The first instant of the calendar month (UTC) that a period belongs to."""
    return period.last_instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _rules(terms: Terms) -> Iterator[tuple[AgreementInForce, Rule]]:
    for agreement in terms.agreements:
        for rule in agreement.rules:
            yield agreement, rule


def _metric_runs(rule: Rule) -> bool:
    return rule.tiers is not None and rule.tiers.metric.is_cumulative


def _cap_runs(rule: Rule) -> bool:
    return rule.cap is not None and rule.cap.window is Window.MONTH


def _metric_start(rule: Rule, period: Period) -> datetime | None:
    """The start of the window of a cumulative metric; None: a lifetime has none of its own."""
    assert rule.tiers is not None  # only tiers have a metric
    if rule.tiers.metric is Metric.LIFETIME:
        return None
    start = month_start(period)
    return start if rule.tiers.metric is Metric.MONTH_TO_DATE else start.replace(month=1)


def _latest(*instants: datetime | None) -> datetime | None:
    return max((instant for instant in instants if instant is not None), default=None)


def _start(window: _Window, earlier: Earlier) -> WindowStart:
    def totals(epochs: Sequence[EpochNumber]) -> dict[EpochNumber, RuleTotals]:
        found = {epoch: earlier.totals.get(epoch, {}).get(window.key) for epoch in epochs}
        return {epoch: one for epoch, one in found.items() if one is not None}

    of_metric, of_month = totals(window.metric), totals(window.month)
    lacking = [epoch for epoch, one in of_metric.items() if one.missing_count]
    moving = [epoch for epoch, one in of_month.items() if not one.is_final]
    return WindowStart(
        bases=total(one.base for one in of_metric.values()),
        month_computed=total(one.computed for one in of_month.values()),
        missing=f"bases of epoch {_named(lacking)} are not known" if lacking else None,
        month_missing=f"amounts of epoch {_named(moving)} are not final" if moving else None,
    )


def _named(epochs: Sequence[EpochNumber]) -> str:
    return listed([str(epoch) for epoch in epochs], _NAMED_AT_MOST)
