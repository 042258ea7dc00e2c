"""What floors per MONTH add to a month: of the terms of its last period, over what its periods computed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from aurora_pipeline.agreements.tables import Window
from aurora_pipeline.agreements.terms import Terms
from aurora_pipeline.commissions.windows import RuleKey, month_top_up
from aurora_pipeline.foundation.units import ZERO, Amount
from aurora_pipeline.pnl.tables import Component


@dataclass(frozen=True)
class RuleMonth:
    """What a rule came to in a month, or in one of its periods: sums are added up."""

    base: Amount
    computed: Amount
    """Before the month's floor, after cuts."""
    missing_count: int
    """How many of its bases are not known."""

    def __add__(self, other: RuleMonth) -> RuleMonth:
        return RuleMonth(
            self.base + other.base, self.computed + other.computed, self.missing_count + other.missing_count
        )


@dataclass(frozen=True)
class TopUp:
    """What a rule's floor adds to a month; `amount` is None while a base of the month is not known."""

    partner_id: str
    agreement_id: str
    agreement_version: int
    rule_key: str
    component: Component
    amount: Amount | None
    reason: str | None


def top_ups(terms: Terms, months: Mapping[RuleKey, RuleMonth], partners: Collection[str]) -> list[TopUp]:
    """The top-ups of some partners: of every rule with a floor per MONTH that its partner's month does not reach."""
    found = []
    for agreement in terms.agreements:
        for rule in agreement.rules if agreement.partner_id in partners else ():
            floor = rule.floor
            if floor is None or floor.window is not Window.MONTH:
                continue
            of_month = months.get((agreement.agreement_id, rule.rule_key), RuleMonth(ZERO, ZERO, 0))
            amount = month_top_up(floor, of_month.base, of_month.computed, of_month.missing_count == 0)
            if amount == 0:
                continue
            reason = f"{of_month.missing_count} base(s) of the month are not known" if amount is None else None
            found.append(
                TopUp(
                    agreement.partner_id,
                    agreement.agreement_id,
                    agreement.version,
                    rule.rule_key,
                    rule.revenue_component,
                    amount,
                    reason,
                )
            )
    return found


def summed(periods: Iterable[Mapping[RuleKey, RuleMonth]]) -> dict[RuleKey, RuleMonth]:
    """What each rule came to in all of some periods."""
    found: dict[RuleKey, RuleMonth] = {}
    for period in periods:
        for key, of_period in period.items():
            found[key] = found[key] + of_period if key in found else of_period
    return found
