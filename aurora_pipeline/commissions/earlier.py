"""Which earlier periods the rules of a period look back on, and what those hand over to it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aurora_pipeline.agreements.matching import matching
from aurora_pipeline.agreements.tables import Metric, Window
from aurora_pipeline.agreements.terms import AgreementInForce, Rule, Terms
from aurora_pipeline.canonical.result import listed
from aurora_pipeline.commissions.windows import LossBalance, RuleKey, WindowInputs, WindowStart
from aurora_pipeline.errors import AuroraError
from aurora_pipeline.periods.key import PeriodKey
from aurora_pipeline.periods.record import Period

_NAMED_AT_MOST = 5


class EarlierMissing(AuroraError):
    """Periods that a rule looks back on are not published."""

    def __init__(self, key: PeriodKey, rule: str, epochs: Sequence[int]) -> None:
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

    first_period: int
    periods: Mapping[int, Period]

    def since(self, period: Period, start: datetime | None) -> list[int]:
        """The epochs before a period that end after an instant, oldest first; those not recorded yet are included.

        Without an instant: all of them since the chain's first period.
        """
        found = []
        following = period
        for epoch in range(period.key.epoch - 1, self.first_period - 1, -1):
            # What ended before the one after it began is told by that one, also where it is not recorded itself.
            if start is not None and following.started_at <= start:
                break
            earlier = self.periods.get(epoch)
            if earlier is not None:
                if start is not None and earlier.last_instant < start:
                    break
                following = earlier
            found.append(epoch)
        return found[::-1]


@dataclass(frozen=True)
class RuleTotals:
    """What an earlier period published of a rule."""

    base: int
    missing_count: int
    """How many of its bases are not known."""
    computed: int
    is_final: bool


@dataclass(frozen=True)
class CarriedLoss:
    """The loss that an earlier period's line printed for a rule and a validator."""

    amount: int
    is_final: bool


Losses = Mapping[tuple[str, str, str], CarriedLoss]
"""By agreement, rule and validator."""


@dataclass(frozen=True)
class Earlier:
    """What earlier periods published, by epoch; a rule that was not in force there has no entry."""

    published: Collection[int]
    totals: Mapping[int, Mapping[RuleKey, RuleTotals]] = field(default_factory=dict)
    losses: Callable[[int], Losses] = lambda _: {}
    """Read by epoch when asked for: mostly the newest epoch tells all."""


@dataclass(frozen=True)
class LookBack:
    """What a period's rules get from earlier periods, and which of these were read for it."""

    windows: WindowInputs
    totals_of: tuple[int, ...]
    """The epochs whose rule results were read."""
    losses_of: tuple[int, ...]
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
    starts: dict[RuleKey, WindowStart] = {}
    losses: dict[tuple[str, str, str], LossBalance] = {}
    read: set[int] = set()
    read_for_losses: set[int] = set()
    for agreement, rule in _rules(terms):
        key = (agreement.agreement_id, rule.rule_key)
        since = active_since.get(agreement.agreement_id)
        metric: Sequence[int] = ()
        month: Sequence[int] = ()
        if _metric_runs(rule):
            metric = _window(period, timeline, _latest(_metric_start(rule, period), since), earlier, key)
        if _cap_runs(rule):
            month = _window(period, timeline, _latest(month_start(period), since), earlier, key)
        if metric or month:
            read.update(metric, month)
            starts[key] = _start(key, timeline, earlier, metric, month)
        if rule.carry_losses:
            wanted = matching(rule, terms.chain_id, validators)
            found, walked = _losses(period, timeline, since, earlier, key, wanted)
            losses |= found
            read_for_losses.update(walked)
    return LookBack(WindowInputs(starts, losses), tuple(sorted(read)), tuple(sorted(read_for_losses)))


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


def _window(
    period: Period, timeline: Timeline, start: datetime | None, earlier: Earlier, key: RuleKey
) -> Sequence[int]:
    epochs = timeline.since(period, start)
    absent = [epoch for epoch in epochs if epoch not in earlier.published]
    if absent:
        raise EarlierMissing(period.key, "/".join(key), absent)
    return epochs


def _start(
    key: RuleKey, timeline: Timeline, earlier: Earlier, metric: Sequence[int], month: Sequence[int]
) -> WindowStart:
    def totals(epochs: Sequence[int]) -> dict[int, RuleTotals]:
        found = {epoch: earlier.totals.get(epoch, {}).get(key) for epoch in epochs}
        return {epoch: one for epoch, one in found.items() if one is not None}

    of_metric, of_month = totals(metric), totals(month)
    lacking = [epoch for epoch, one in of_metric.items() if one.missing_count]
    moving = [epoch for epoch, one in of_month.items() if not one.is_final]
    return WindowStart(
        bases=sum(one.base for one in of_metric.values()),
        month_computed=sum(one.computed for one in of_month.values()),
        missing=f"bases of epoch {_named(lacking)} are not known" if lacking else None,
        month_missing=f"amounts of epoch {_named(moving)} are not final" if moving else None,
    )


def _losses(
    period: Period,
    timeline: Timeline,
    since: datetime | None,
    earlier: Earlier,
    key: RuleKey,
    validators: Sequence[str],
) -> tuple[dict[tuple[str, str, str], LossBalance], list[int]]:
    """The newest printed loss of each validator, and the epochs that were read from the newest one down to find it."""
    wanted = set(validators)
    found: dict[tuple[str, str, str], LossBalance] = {}
    walked: list[int] = []
    for epoch in reversed(timeline.since(period, since)):
        if not wanted:
            break
        if epoch not in earlier.published:
            raise EarlierMissing(period.key, "/".join(key), [epoch])
        walked.append(epoch)
        printed = earlier.losses(epoch)
        for validator in sorted(wanted):
            loss = printed.get((*key, validator))
            if loss is not None:
                missing = None if loss.is_final else f"the line of epoch {epoch} is not final"
                found[(*key, validator)] = LossBalance(loss.amount, missing)
        wanted -= {validator for _, _, validator in found}
    return found, walked


def _named(epochs: Sequence[int]) -> str:
    return listed([str(epoch) for epoch in epochs], _NAMED_AT_MOST)
