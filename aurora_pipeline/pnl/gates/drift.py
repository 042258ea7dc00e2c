"""Rule (warns): a validator's component is far from what it was in the periods before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.pnl.gates.income import ONE, cohort_ratio, is_regime, series_of
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "drift"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The components that stand out; where the whole chain moved, those that stand out of that too."""
    earlier = context.of(EARLIER)
    for component in Component:
        found = series_of(component, frame, earlier)
        moved = cohort_ratio(found, earlier.small) if is_regime(found, earlier.small) else ONE
        for key, one in sorted(found.items()):
            told = one.expected(earlier.small)
            if told is None or not told.is_odd(one.now) or (moved and not told.is_odd(one.now * ONE // moved)):
                continue
            words = (
                f"{key}: {component} is {one.now}; in {told.periods} periods before it was between {told.lowest} and"
                f" {told.highest}, mostly {told.median} give or take {told.spread}"
            )
            where = {"validator_key": key, "component": component}
            yield violation(NAME, words, where, now=one.now, median=told.median, spread=told.spread)


RULE = GateRule(
    name=NAME,
    looks_at="every final component of every validator, beside its median and median deviation in 8 to 30 periods",
    why="A figure that is suddenly another has a cause: a fault, a changed stake, a provider that tells nonsense.",
    when_it_fires="Trace the figure; compare it with the chain. Where the cause is known, acknowledge the warning.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
