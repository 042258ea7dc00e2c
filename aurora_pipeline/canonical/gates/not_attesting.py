"""Rule (warns): a validator with stake earned nothing for attesting: its votes did not count."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "not_attesting"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The active validators whose votes for the target brought nothing, or cost something."""
    active = frame.filter((pl.col("stake") > 0) & (pl.col("attestation_target") <= 0))
    for key, reward in active.select("validator_key", "attestation_target").sort("validator_key").iter_rows():
        words = f"{key}: its attestations brought {int(reward)} over the period: most or all of them did not count"
        yield violation(NAME, words, {"validator_key": key}, attestation_target=int(reward))


RULE = GateRule(
    name=NAME,
    looks_at="stake and rewards for attesting of every validator",
    why="Without votes there are penalties instead of rewards.",
    when_it_fires="Look at the machine. It is told anew only after a period in which its votes counted.",
    check=check,
    effect=Effect.WARNS,
)
