"""What overrides changed on a statement: how many lines, by how much, and which rest on old figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from aurora_pipeline.agreements.tables import OverrideTarget
from aurora_pipeline.agreements.terms import Override
from aurora_pipeline.commissions.tables import LineKind
from aurora_pipeline.foundation.listing import listed
from aurora_pipeline.foundation.money import total
from aurora_pipeline.foundation.units import Amount
from aurora_pipeline.store.frames import ints

_NAMED_AT_MOST = 20


def overridden_in_words(lines: pl.DataFrame, overrides: Sequence[Override]) -> str | None:
    """What the period's overrides made of a partner's lines; None where they concern none of them."""
    count = lines.filter(pl.col("override").is_not_null() & (pl.col("kind") == LineKind.LINE.value)).height
    if not count:
        return None
    known = lines.filter(pl.col("final").is_not_null() & pl.col("computed").is_not_null() & ~pl.col("held"))
    effect = _sum(known, "final") - _sum(known, "computed")
    words = f"overridden: {count} {'line' if count == 1 else 'lines'}, {effect:+d} base units in all"
    stale = list(_stale(lines, overrides))
    if stale:
        words += f", stale (decided on another computed amount): {listed(stale, _NAMED_AT_MOST)}"
    return words


def _stale(lines: pl.DataFrame, overrides: Sequence[Override]) -> Iterator[str]:
    ordinary = lines.filter(pl.col("kind") == LineKind.LINE.value)
    for override in overrides:
        of_rule = ordinary.filter(
            (pl.col("agreement_id") == override.agreement_id) & (pl.col("rule_key") == override.rule_key)
        )
        computed: Amount | None
        if override.target is OverrideTarget.RULE:
            if of_rule.is_empty():
                continue
            computed = _sum(of_rule, "computed")
        else:
            line = of_rule.filter(
                (pl.col("validator_key") == override.validator_key)
                & (pl.col("wallet_address") == override.wallet_address)
                & pl.col("override").is_not_null()
            )
            if line.is_empty():
                continue
            (computed,) = ints(line["computed"])
        if computed != override.computed_seen:
            yield override.in_words


def _sum(lines: pl.DataFrame, column: str) -> Amount:
    return total([amount for amount in ints(lines[column]) if amount is not None])
