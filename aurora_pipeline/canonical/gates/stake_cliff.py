"""Rule (warns): a validator lost or won a good part of its stake from one period to the next."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.foundation.money import stored_amount
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "stake_cliff"
_PART_IN = 4
"""A change by one part in so many."""


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators whose active stake moved by a quarter or more."""
    earlier = context.of(EARLIER)
    known = earlier.last().filter(pl.col("active_stake").is_not_null())
    before = known.select("validator_key", pl.col("active_stake").alias("before"))
    beside = frame.select("validator_key", "active_stake").join(before, on="validator_key").sort("validator_key")
    for key, now, then in beside.drop_nulls().iter_rows():
        has, had = stored_amount(now, "active_stake"), stored_amount(then, "active_stake")
        if abs(has - had) <= earlier.small or abs(has - had) * _PART_IN < had:
            continue
        words = f"{key}: its active stake is {has}, and was {had} in the period before"
        yield violation(NAME, words, {"validator_key": key}, before=had, now=has)


RULE = GateRule(
    name=NAME,
    looks_at="the active stake of every validator, beside the newest period before",
    why="A quarter of the stake gone is a quarter of the rewards gone, and often the first that is seen of a cause.",
    when_it_fires="`canonical_stake_events` says whose stake went or came.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
