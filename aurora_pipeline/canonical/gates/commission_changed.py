"""Rule (warns): a commission is another than in the period before."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from aurora_pipeline.canonical.gates.changes import changed
from aurora_pipeline.store.gate.earlier import EARLIER
from aurora_pipeline.store.gate.rule import Context, Effect, GateRule, Violation, violation

NAME = "commission_changed"
_COLUMNS = {"commission_bps": "its commission", "mev_commission_bps": "its MEV commission"}


def check(frame: pl.DataFrame, context: Context) -> Iterator[Violation]:
    """The validators whose commission changed, and from what to what."""
    for column, what in _COLUMNS.items():
        for key, before, now in changed(column, frame, context.of(EARLIER)):
            words = f"{key}: {what} is {now} bps, and was {before} bps in the period before"
            yield violation(NAME, words, {"validator_key": key, "column": column}, before=before, now=now)


RULE = GateRule(
    name=NAME,
    looks_at="both commissions of every validator, beside the newest period before",
    why="Partners are paid from commission: a change that nobody meant costs money every period.",
    when_it_fires="Ask who changed it. Where it was meant there is nothing to do: it is told once.",
    check=check,
    effect=Effect.WARNS,
    needs=(EARLIER,),
)
