"""Rule (warns): a component is 0 that never was in the periods before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from aurora_pipeline.pnl.gates.income import series_of
from aurora_pipeline.pnl.tables import Component
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation
from aurora_pipeline.store.gate.series import PERIODS_MIN, median_doubled

NAME = "zero_income"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The components that are 0 now, and were not in any of at least 8 periods."""
    earlier = context.of(EARLIER)
    for component in Component:
        for key, one in sorted(series_of(component, frame, earlier).items()):
            if one.now or len(one.before) < PERIODS_MIN or not _is_steady(one.before, earlier.small):
                continue
            words = f"{key}: {component} is 0; in {len(one.before)} periods before it was at least {min(one.before)}"
            yield violation(NAME, words, {"validator_key": key, "component": component}, least=min(one.before))


def _is_steady(before: Sequence[int], small: int) -> bool:
    """Whether income was never small: that of a validator that proposes few blocks is 0 now and then."""
    return min(before) > small and 4 * min(before) >= median_doubled(before)


RULE = GateRule(
    name=NAME,
    looks_at="every final component that is 0, beside 8 to 30 periods before in which it was at least half of"
    " the median",
    why="Nothing earned is what an answer looks like that left everything out.",
    when_it_fires="See with `aurora trace` what was answered, and ask another provider. Where the validator really"
    " earned nothing, acknowledge the warning.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
