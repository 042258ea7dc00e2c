"""What commission and rewards say of each other: bounds of one from the other, and the split of a shared collector.

The chain splits each stake account's reward by two floors: commission = floor(gross * c), staker's part =
floor(gross * (1 - c)); where either would be 0, nobody is paid. Only the staker's part is told per account. So the
gross reward lies within a lamport or two, and a validator's commission within as many lamports as it has stakers. Where
the stake of each is known too, it is nearly always exact: all stakers of a validator earn the same per unit of stake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from typing import Final

from aurora_pipeline.foundation.money import BPS_WHOLE, mul_div, share_bps, share_by_largest_remainder, total
from aurora_pipeline.foundation.units import Bps, Lamports
from aurora_pipeline.sources.solana.amounts import NOTHING

_COMBINATIONS_MAX: Final = 4096
_ONE: Final = Lamports(1)


@dataclass(frozen=True)
class CommissionBounds:
    """Between which amounts a commission lies; `high` is None where it has no upper bound (100 % leaves no trace)."""

    low: Lamports
    high: Lamports | None


@dataclass(frozen=True)
class StakerPart:
    """What one stake account received, and its active stake where that was observed."""

    part: Lamports
    stake: Lamports | None = None


@dataclass(frozen=True)
class CollectorClaim:
    """What is known of one validator's part of a collector's row."""

    validator_key: str
    parts: Sequence[StakerPart]
    """Its paid stake accounts."""
    rates: tuple[Bps, ...]
    """Commissions in bps that may have been applied, the likeliest first."""


@dataclass(frozen=True)
class CommissionSplit:
    """A collector's row shared out: commission and the rate it was computed with, by validator."""

    commissions: Mapping[str, Lamports]
    rates: Mapping[str, Bps]
    unsure: Lamports
    """By how many units all of it together could be shared out otherwise."""


def least_gross(part: Lamports, rate_bps: Bps) -> Lamports | None:
    """The least gross reward that leaves a staker this part; None at 100 %, which leaves every staker nothing."""
    if rate_bps >= BPS_WHOLE:
        return None
    kept = Bps(BPS_WHOLE - rate_bps)
    gross = mul_div(part, BPS_WHOLE, kept)
    if share_bps(gross, kept) < part:
        gross += _ONE
    # A staker is paid only where the validator gets something too.
    if part and rate_bps and share_bps(gross, rate_bps) == 0:
        gross = mul_div(_ONE, BPS_WHOLE + rate_bps - 1, rate_bps)
    return gross


def _most_gross(part: Lamports, rate_bps: Bps) -> Lamports:
    kept = Bps(BPS_WHOLE - rate_bps)
    gross = mul_div(part + _ONE, BPS_WHOLE, kept)
    return gross - _ONE if share_bps(gross, kept) > part else gross


def commission_bounds(parts: Iterable[StakerPart], rate_bps: Bps) -> CommissionBounds:
    """Between which amounts the commission lies that goes with stakers' parts at a rate."""
    if rate_bps == 0:
        return CommissionBounds(NOTHING, NOTHING)
    if rate_bps >= BPS_WHOLE:
        return CommissionBounds(NOTHING, None)
    gross = [
        (least_gross(one.part, rate_bps) or NOTHING, _most_gross(one.part, rate_bps), one.stake or NOTHING)
        for one in parts
        if one.part
    ]
    low = high = NOTHING
    for least, most in _tightened(gross):
        low += share_bps(least, rate_bps)
        high += share_bps(most, rate_bps)
    return CommissionBounds(low, high)


def _tightened(gross: Sequence[tuple[Lamports, Lamports, Lamports]]) -> list[tuple[Lamports, Lamports]]:
    """(least, most) gross rewards of (least, most, stake), narrowed by what all earn alike per unit of stake.

    The largest accounts tell that yield best. One that does not fit it (merged after the look at it, or paid for
    several epochs at once) keeps its own bounds; where most do not fit, none is narrowed.
    """
    low, high = Fraction(0), None
    fitting: set[int] = set()
    for number in sorted(range(len(gross)), key=lambda one: (-gross[one][0], one)):
        least, most, stake = gross[number]
        if not stake:
            continue
        begin, end = Fraction(least, stake), Fraction(most + 1, stake)
        if end > low and (high is None or begin < high):
            low, high = max(low, begin), end if high is None else min(high, end)
            fitting.add(number)
    if high is None or 2 * len(fitting) < len(gross):
        return [(least, most) for least, most, _ in gross]
    # The reward is floor(yield * stake) for a yield from `low` on and below `high`.
    return [
        (max(least, Lamports(low * stake // 1)), min(most, Lamports(-(-high * stake // 1) - 1)))
        if number in fitting
        else (least, most)
        for number, (least, most, stake) in enumerate(gross)
    ]


def fits(commission: Lamports, parts_total: Lamports, paid_accounts: int, rate_bps: Bps) -> bool:
    """Whether commission and stakers' parts can be a split at a rate: both are floors over as many accounts."""
    if rate_bps in (0, BPS_WHOLE):
        return (commission == 0) if rate_bps == 0 else (parts_total == 0)
    # commission * whole - rate * (commission + parts) = rate * lost by stakers - (whole - rate) * lost by commission
    off = commission * BPS_WHOLE - rate_bps * (commission + parts_total)
    return -paid_accounts * (BPS_WHOLE - rate_bps) < off < paid_accounts * rate_bps or off == 0


def implied_rate(commission: Lamports, parts_total: Lamports, paid_accounts: int) -> Bps | None:
    """The only rate in bps that explains commission and all stakers' parts; None where none does, or several."""
    found = rates_that_fit(commission, parts_total, paid_accounts) if commission + parts_total else ()
    return found[0] if len(found) == 1 else None


def rates_that_fit(commission: Lamports, parts_total: Lamports, paid_accounts: int) -> tuple[Bps, ...]:
    """Rates in bps, near the one that the sums alone give, that explain commission and all stakers' parts."""
    gross = commission + parts_total
    near = mul_div(BPS_WHOLE, commission, gross) if gross else 0
    around = range(max(0, near - 2), min(BPS_WHOLE, near + 3) + 1)
    return tuple(Bps(rate) for rate in around if fits(commission, parts_total, paid_accounts, Bps(rate)))


def split_collector(collected: Lamports, claims: Sequence[CollectorClaim]) -> CommissionSplit | None:
    """Share a collector's row among the validators that named it; None where no rates explain the row, or too many do.

    Each gets what its stakers' parts prove; the few units that they leave open go by the width of that doubt.
    """
    rates = [claim.rates for claim in claims]
    for combination in islice(product(*rates), _COMBINATIONS_MAX):
        bounds = {
            claim.validator_key: commission_bounds(claim.parts, rate)
            for claim, rate in zip(claims, combination, strict=True)
        }
        known = total([one.low for one in bounds.values()])
        most = total([one.high for one in bounds.values() if one.high is not None])
        unbounded = [key for key, one in bounds.items() if one.high is None]
        if known > collected or len(unbounded) > 1 or (most < collected and not unbounded):
            continue
        chosen = {claim.validator_key: rate for claim, rate in zip(claims, combination, strict=True)}
        spare = collected - known
        widths = {key: one.high - one.low for key, one in bounds.items() if one.high is not None}
        # A validator that keeps everything leaves no trace in its stakers' parts: it gets what the others leave.
        more = {unbounded[0]: spare} if unbounded else share_by_largest_remainder(spare, widths)
        width = total(widths.values())
        unsure = width if unbounded else min(spare, width - spare)
        commissions = {key: one.low + more.get(key, NOTHING) for key, one in bounds.items()}
        return CommissionSplit(commissions, chosen, unsure)
    return None
