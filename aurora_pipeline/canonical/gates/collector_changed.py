"""Rule (warns): commission goes to another account than in the period before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.canonical.gates.changes import changed
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "collector_changed"


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators whose commission another account received."""
    for key, before, now in changed("recipient_key", frame, context.of(EARLIER)):
        words = f"{key}: {now} received its commission, and {before} did in the period before"
        yield violation(NAME, words, {"validator_key": key}, before=before, now=now)


RULE = GateRule(
    name=NAME,
    looks_at="the account that received commission, of every validator, beside the newest period before",
    why="Income that goes somewhere else is either meant or stolen.",
    when_it_fires="Ask who changed it, at once. Where it was meant there is nothing to do: it is told once.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
