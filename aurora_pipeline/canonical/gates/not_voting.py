"""Rule (warns): a validator was seen delinquent: the chain had no vote of it for a while."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "not_voting"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators that were delinquent when they were observed."""
    for key in frame.filter(pl.col("delinquent"))["validator_key"].sort():
        yield violation(NAME, f"{key}: it was delinquent when it was observed: no vote of it", {"validator_key": key})


RULE = GateRule(
    name=NAME,
    looks_at="whether each validator was delinquent when it was observed",
    why="Without votes there are no rewards, and its stakers leave.",
    when_it_fires="Look at the machine. It is told anew only after a period in which it voted.",
    check=check,
    effect=Effect.WARNS,
)
