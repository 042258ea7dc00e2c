"""Rule (warns): a period is much shorter or longer than those before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.period_key import PeriodKey
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation
from aurora_pipeline.store.gate.series import PERIODS_MIN, median_doubled

NAME = "period_length"
_PART_IN = 4


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """That the period is a quarter shorter or longer than the middle one before."""
    seconds = dict(context.of(EARLIER).seconds)
    own = seconds.pop(context.key.epoch, None) if isinstance(context.key, PeriodKey) else None
    if own is None or len(seconds) < PERIODS_MIN:
        return
    middle = median_doubled(list(seconds.values()))
    if abs(2 * own - middle) * _PART_IN > middle:
        words = f"the period took {own} seconds; the {len(seconds)} before took {middle // 2} in the middle"
        yield violation(NAME, words, {}, seconds=own, median=middle // 2)


RULE = GateRule(
    name=NAME,
    looks_at="how long the period took, beside 8 to 30 periods before",
    why="Everything of such a period is less or more than usual, and the chain may have stood still.",
    when_it_fires="Compare the period's bounds with the chain. Where it stood still, drift of the same period follows.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
