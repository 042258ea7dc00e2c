"""What earlier periods hand to a later one: cumulative bases, a month's computed sums, losses carried; all ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aurora_pipeline.agreements.tables import Window
from aurora_pipeline.agreements.terms import Clamp
from aurora_pipeline.foundation.units import ZERO, Amount


@dataclass(frozen=True)
class WindowStart:
    """Where a rule stands before the period. `missing` names what earlier periods did not know, which counts 0."""

    bases: Amount = ZERO
    """The sum of its bases since the start of its metric's window (MONTH_TO_DATE, YEAR_TO_DATE, LIFETIME)."""
    month_computed: Amount = ZERO
    """The sum of its computed amounts in the month's earlier periods, for a cap per MONTH."""
    missing: str | None = None
    """Why `bases` may still grow; None: it is final."""
    month_missing: str | None = None
    """Why `month_computed` may still move; None: it is final."""


@dataclass(frozen=True)
class LossBalance:
    """The loss that a rule with `carry_losses` carries into the period for one validator."""

    amount: Amount = ZERO
    missing: str | None = None
    """Why it may still move; None: it is final."""


RuleKey = tuple[str, str]
"""(agreement, rule)."""


@dataclass(frozen=True)
class WindowInputs:
    """Everything the period reads of earlier ones. What is absent starts at 0, as in the first period."""

    starts: Mapping[RuleKey, WindowStart] = field(default_factory=dict)
    losses: Mapping[tuple[str, str, str], LossBalance] = field(default_factory=dict)
    """By agreement, rule and validator: the newest `loss_after` that was printed."""


NO_EARLIER_PERIODS = WindowInputs()


def month_top_up(floor: Clamp, base: Amount, paid: Amount, is_known: bool) -> Amount | None:
    """What a floor per MONTH adds to a month. None while a base of the month is not known.

    `floor` is that of the version in force in its last period. `base` is the sum of the rule's bases, `paid` that of
    its computed amounts after cuts.
    """
    if floor.window is not Window.MONTH:
        raise ValueError("this floor is not a floor per MONTH")
    return top_up(floor.amount, base, paid) if is_known else None


def top_up(floor: Amount, base: Amount, paid: Amount) -> Amount:
    """What lifts an amount to its floor. Without any base nothing was earned, and nothing is topped up."""
    return max(ZERO, floor - paid) if base > 0 else ZERO
