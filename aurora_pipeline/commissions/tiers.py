"""Tiered rates: what a rule's base pays over all its validators, and the arithmetic of it as text."""

from __future__ import annotations

from typing import NamedTuple

from aurora_pipeline.agreements.tables import Metric, TierMode
from aurora_pipeline.agreements.terms import Tiers
from aurora_pipeline.foundation.money import BPS_WHOLE, share_bps, share_bps_of_parts
from aurora_pipeline.foundation.units import ZERO, Amount, Bps


class Priced(NamedTuple):
    """What tiers make of a base."""

    amount: Amount
    trace: str
    """The arithmetic, to be redone with a calculator. Verifiers of bundles know its wording (docs/bundles.md §8.9)."""
    start: Amount | None
    """The metric before the period, where it is cumulative."""
    end: Amount
    """The metric that decided the tier."""


def price(tiers: Tiers, base: Amount, earlier: Amount, introduced_stake: Amount) -> Priced:
    """What a rule's base pays, with what its metric had reached in earlier periods, or the stake it introduced."""
    if tiers.mode is TierMode.VOLUME:
        metric = introduced_stake if tiers.metric is Metric.INTRODUCED_STAKE else base
        rate = volume_rate(tiers, metric)
        amount = share_bps(base, rate)
        trace = f"floor({base} x {rate} / {BPS_WHOLE}) = {amount}, at the rate of {tiers.metric} {metric}"
        return Priced(amount, trace, None, metric)
    if not tiers.metric.is_cumulative:
        amount, terms = graduated(tiers, base)
        return Priced(amount, f"{terms} = {amount}", None, base)
    (until, terms), (before, terms_before) = graduated(tiers, earlier + base), graduated(tiers, earlier)
    amount = until - before
    trace = f"{terms} - {terms_before} = {until} - {before} = {amount}, {tiers.metric} from {earlier}"
    return Priced(amount, trace, earlier, earlier + base)


def graduated(tiers: Tiers, base: Amount) -> tuple[Amount, str]:
    """F(base): each tier's rate on the part of the base within it, one floor at the end; and how it is computed."""
    parts: list[tuple[Amount, Bps]] = []
    below = ZERO
    for step in tiers.steps:
        reach = base if step.up_to is None else min(base, step.up_to)
        if reach > below or not parts:
            parts.append((reach - below, step.rate_bps))
        below = reach
    products = " + ".join(f"{part} x {rate}" for part, rate in parts)
    whole = products if len(parts) == 1 else f"({products})"
    return share_bps_of_parts(parts), f"floor({whole} / {BPS_WHOLE})"


def volume_rate(tiers: Tiers, metric: Amount) -> Bps:
    """The rate of the tier that holds the metric; a tier holds its upper end, and 0 is in the first."""
    for step in tiers.steps:
        if step.up_to is None or metric <= step.up_to:
            return step.rate_bps
    raise ValueError("the last tier is not open")  # refused where terms are written
