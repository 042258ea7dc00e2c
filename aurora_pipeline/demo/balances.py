"""What the demo's monthly statements have to say, from the opening to the closing balance.

Like `owed` it shares no code with Aurora. What was stated is what was owed by what was known then. An adjustment is the
difference to what is owed by what is known now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from aurora_pipeline.demo.owed import LineKey, Owed, month_of
from aurora_pipeline.demo.solana.truth import EpochTruth

_MINIMUM_PAYOUTS = {"halcyon": 5 * 10**9}
Adjusted = dict[tuple[int, LineKey], int]
"""By epoch and line, what is to be added or taken off."""


class MonthFigures(NamedTuple):
    """The figures of a monthly statement."""

    opening: int
    lines: int
    adjustments: int
    total: int
    payable: int
    closing: int


def months_over(told: Sequence[EpochTruth]) -> dict[str, list[int]]:
    """By month its epochs, of the months after which another one has begun."""
    found: dict[str, list[int]] = defaultdict(list)
    for one in told:
        found[month_of(one)].append(one.epoch)
    return {month: found[month] for month in sorted(found)[:-1]}


def adjustments(stated: Mapping[int, Owed], now: Mapping[int, Owed], epochs: Iterable[int], partner: str) -> Adjusted:
    """What each line of a partner is more or less than was stated; held lines were stated at 0, or have to wait."""
    found: Adjusted = {}
    for epoch in epochs:
        for key in stated[epoch].keys() | now[epoch].keys():
            (before, was_held), (after, is_held) = stated[epoch].get(key, (0, False)), now[epoch].get(key, (0, False))
            difference = after - (0 if was_held else before)
            if key.partner == partner and difference and not is_held:
                found[epoch, key] = difference
    return found


def balances(
    stated: Mapping[int, Owed],
    now: Mapping[int, Owed],
    months: Mapping[str, Sequence[int]],
    partner: str,
    stated_months: Collection[str],
) -> dict[str, tuple[MonthFigures, Adjusted]]:
    """By month a partner's statement and its adjustments; those of `stated_months` were stated by what was known then.

    What changed of them is adjusted in the first month after them.
    """
    found: dict[str, tuple[MonthFigures, Adjusted]] = {}
    opening, adjusted = 0, Adjusted()
    for month, epochs in months.items():
        if month in stated_months:
            lines, told = _sum(stated, epochs, partner), Adjusted()
            adjusted |= adjustments(stated, now, epochs, partner)
        else:
            lines, told, adjusted = _sum(now, epochs, partner), adjusted, Adjusted()
        total = opening + lines + sum(told.values())
        payable = total if total >= max(1, _MINIMUM_PAYOUTS.get(partner, 0)) else 0
        found[month] = MonthFigures(opening, lines, sum(told.values()), total, payable, total - payable), told
        opening = total - payable
    return found


def _sum(owed: Mapping[int, Owed], epochs: Iterable[int], partner: str) -> int:
    return sum(
        amount
        for epoch in epochs
        for key, (amount, is_held) in owed[epoch].items()
        if key.partner == partner and not is_held
    )
